import type { UseQueryResult } from '@tanstack/react-query'
import type { Shapes } from '../../api/client'
import { Badge } from '../../kit/badge'
import { count } from '../../kit/figures'
import { Loaded } from '../../kit/loaded'
import { Muted, Note, Section } from '../../kit/page'
import { Time } from '../../kit/time'
import { titleOf } from './found'
import css from './proof.module.css'

const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })

/** How a source does at its customers since it was approved, in counts. */
export function Beta({ beta }: { beta: UseQueryResult<Shapes['BetaView']> }) {
  return (
    <Section
      title="Since the approval"
      sub="At customers, in counts. Nobody but they themselves sees their messages."
    >
      <Loaded query={beta} rows={2}>
        {({ approvedAt, endsAt, installs, events, checked, withErrors, violationRate, regressions }) => (
          <>
            <dl className={css.figures}>
              <div>
                <dt>installs</dt>
                <dd>{count(installs)}</dd>
              </div>
              <div>
                <dt>events</dt>
                <dd>{count(events)}</dd>
              </div>
              <div>
                <dt>violations</dt>
                <dd>
                  {typeof violationRate === 'number' ? percent.format(violationRate) : '–'}
                  <small>
                    {checked > 0
                      ? `${count(withErrors)} of the newest ${count(checked)}`
                      : 'nothing checked yet'}
                  </small>
                </dd>
              </div>
              <div>
                <dt>{Date.parse(endsAt) > Date.now() ? 'beta ends' : 'beta ended'}</dt>
                <dd>
                  <Time at={endsAt} date />
                  <small>
                    approved <Time at={approvedAt} date />
                  </small>
                </dd>
              </div>
            </dl>
            {regressions.length > 0 && (
              <Note tone="bad">
                <div>
                  <strong>Worse than what was submitted</strong>
                  <ul>
                    {regressions.map(({ code, severity, title, docs, broken, checked }) => (
                      <li key={code}>
                        <Badge tone={severity === 'error' ? 'bad' : 'warn'} glyph="!">
                          {severity}
                        </Badge>{' '}
                        {titleOf(title)}{' '}
                        <Muted>
                          {count(broken)} of {count(checked)}
                        </Muted>{' '}
                        <a href={docs}>
                          <code>{code}</code>
                        </a>
                      </li>
                    ))}
                  </ul>
                </div>
              </Note>
            )}
          </>
        )}
      </Loaded>
    </Section>
  )
}
