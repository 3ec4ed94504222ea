import type { UseQueryResult } from '@tanstack/react-query'
import type { Shapes } from '../../api/client'
import { Badge } from '../../kit/badge'
import { count, plural } from '../../kit/figures'
import { Loaded } from '../../kit/loaded'
import { Muted, Note, Section } from '../../kit/page'
import { Time } from '../../kit/time'
import { titleOf } from './found'
import css from './proof.module.css'

const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })

/** A criterion in words, with where the beta stands. */
function asked({ name, asked, measured }: Shapes['CriterionView']) {
  const now = typeof measured === 'number' ? measured : undefined
  switch (name) {
    case 'installs':
      return `${plural(asked, 'install')} (now ${count(now ?? 0)})`
    case 'events':
      return `${plural(asked, 'event')} (now ${count(now ?? 0)})`
    default:
      return `at most ${percent.format(asked / 100)} violations (${now === undefined ? 'nothing checked yet' : `now ${percent.format(now / 100)}`})`
  }
}

/** How a source does at its customers since it was approved, in counts. */
export function Beta({ beta }: { beta: UseQueryResult<Shapes['BetaView']> }) {
  return (
    <Section
      title="Since the approval"
      sub="At customers, in counts. Nobody but they themselves sees their messages."
    >
      <Loaded query={beta} rows={2}>
        {({
          approvedAt,
          endsAt,
          installs,
          events,
          checked,
          withErrors,
          violationRate,
          regressions,
          criteria,
          criteriaMetAt,
        }) => (
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
            {criteria.length > 0 && (
              <Note tone={criteriaMetAt ? 'ok' : undefined}>
                <div>
                  <strong>
                    {criteriaMetAt ? (
                      <>
                        All that is asked was met <Time at={criteriaMetAt} />
                      </>
                    ) : (
                      'It stays a beta until all of this is met, once'
                    )}
                  </strong>
                  <ul>
                    {criteria.map((criterion) => (
                      <li key={criterion.name}>
                        <Badge tone={criterion.met ? 'ok' : 'warn'} glyph={criterion.met ? '✓' : '…'}>
                          {criterion.met ? 'met' : 'not yet'}
                        </Badge>{' '}
                        {asked(criterion)}
                      </li>
                    ))}
                  </ul>
                </div>
              </Note>
            )}
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
