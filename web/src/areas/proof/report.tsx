import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Badge } from '../../kit/badge'
import { Code } from '../../kit/copy'
import { sentence } from '../../kit/fields'
import { count, plural } from '../../kit/figures'
import { Muted, Pairs, Section } from '../../kit/page'
import { Spoken } from '../../kit/spoken'
import { Steps } from '../../kit/steps'
import { Table } from '../../kit/table'
import { Time } from '../../kit/time'
import {
  coverageOf,
  type Event,
  type Report,
  type Rule,
  type Sample,
  sorted,
  standingOf,
  titleOf,
  verdictOf,
  written,
} from './found'
import css from './proof.module.css'

/** Leads to a message, for those who may look at it. */
export type ToMessage = (sample: Sample) => ReactNode

const OUTCOMES = {
  empty: { tone: 'sunk', glyph: '○', word: 'Nothing yet' },
  failed: { tone: 'bad', glyph: '✕', word: 'To mend' },
  passed: { tone: 'ok', glyph: '✓', word: 'Passes' },
} as const

/** The score, how it came about, and the verdict in a sentence. */
export function Score({ report, children }: { report: Report; children?: ReactNode }) {
  const { score, outcome, seen, ruleSet } = report
  const { tone, glyph, word } = OUTCOMES[outcome]
  const { events, properties } = coverageOf(report.events)
  return (
    <div className={css.score} data-outcome={outcome}>
      <p className={css.figure}>
        <strong>{score}</strong>
        <span> / 100</span>
      </p>
      <div className={css.words}>
        <p className={css.verdict}>
          <Badge tone={tone} glyph={glyph}>
            {word}
          </Badge>{' '}
          <strong role="status">{verdictOf(report)}</strong>
        </p>
        <div
          className={css.bar}
          role="img"
          aria-label={`Score ${score} of 100`}
          style={{ '--score': `${score}%` } as React.CSSProperties}
        />
        <p className={css.facts}>
          {plural(seen.messages, 'message')}
          {seen.lastAt && (
            <>
              , the newest <Time at={seen.lastAt} />
            </>
          )}
          {events.of > 0 && ` · ${events.seen} of ${plural(events.of, 'declared event')}`}
          {properties.of > 0 &&
            ` · ${properties.seen} of ${plural(properties.of, 'declared property', 'declared properties')}`}
          {' · '}
          <Link to="/docs/spec">rules {ruleSet}</Link>
        </p>
      </div>
      {children && <div className={css.actions}>{children}</div>}
    </div>
  )
}

/** What to do in the product, ticked by what arrived; `live` while more may arrive. */
export function Walkthrough({
  steps,
  to,
  live,
}: {
  steps: Report['walkthrough']
  to: ToMessage
  live?: boolean
}) {
  const done = steps.filter((step) => step.doneBy).length
  return (
    <Section
      title="Walkthrough"
      sub={
        <span role="status">
          {done === steps.length
            ? 'Every step has arrived, as the Spec asks for it.'
            : `${done} of ${plural(steps.length, 'step')} done.${
                live ? ' Each ticks itself when its event arrives without an error.' : ''
              }`}
        </span>
      }
    >
      <Steps
        of={steps.map(({ title, how, kind, name, doneBy }) => ({
          key: `${kind} ${name}`,
          title,
          done: !!doneBy,
          children: (
            <>
              <span>{how}</span>
              <span className={css.expected}>
                <CallName kind={kind} name={name} />
                {doneBy ? (
                  <>
                    <span className={css.ok}>arrived</span> <Time at={doneBy.receivedAt} /> {to(doneBy)}
                  </>
                ) : (
                  <Muted>has not arrived</Muted>
                )}
              </span>
            </>
          ),
        }))}
      />
    </Section>
  )
}

const GLYPHS: Record<string, string> = {
  track: '▸',
  identify: '●',
  page: '▭',
  screen: '▯',
  group: '◆',
  alias: '⇄',
}

function CallName({ kind, name }: { kind: string; name: string }) {
  return (
    <span className={css.call}>
      <span aria-hidden style={{ color: `var(--${kind})` }}>
        {GLYPHS[kind] ?? '·'}
      </span>{' '}
      {name || kind}
    </span>
  )
}

const SEVERITIES: Record<string, { tone: 'bad' | 'warn' | 'accent'; glyph: string }> = {
  error: { tone: 'bad', glyph: '✕' },
  warning: { tone: 'warn', glyph: '!' },
  hint: { tone: 'accent', glyph: '·' },
}

/** Every rule: what breaks it with the messages that show it, and what keeps it. */
export function Rules({ rules, to }: { rules: Rule[]; to: ToMessage }) {
  const { broken, kept, unused } = sorted(rules)
  return (
    <Section
      title="Rules"
      sub={
        kept.length + broken.length === 0
          ? 'They are applied to each message that arrives.'
          : `${kept.length} of ${kept.length + broken.length} kept by every message.`
      }
    >
      <div className={css.list}>
        {broken.map((rule, at) => (
          <BrokenRule key={rule.code} rule={rule} open={at === 0} to={to} />
        ))}
        {kept.length > 0 && (
          <details className={css.item}>
            <summary>
              <span className={css.ok} aria-hidden>
                ✓
              </span>
              <span className={css.title}>{plural(kept.length, 'rule is kept', 'rules are kept')}</span>
              <Muted>what was looked for and not found</Muted>
            </summary>
            <ul className={css.kept}>
              {kept.map((rule) => (
                <KeptRule key={rule.code} rule={rule} to={to} />
              ))}
            </ul>
          </details>
        )}
        {unused.length > 0 && (
          <details className={css.item}>
            <summary>
              <span className={css.quiet} aria-hidden>
                ○
              </span>
              <span className={css.title}>
                {plural(unused.length, 'rule had', 'rules had')} nothing to judge
              </span>
            </summary>
            <ul className={css.kept}>
              {unused.map(({ code, title, docs }) => (
                <li key={code}>
                  <span className={css.quiet} role="img" aria-label="Nothing to judge">
                    ○
                  </span>
                  <span>{titleOf(title)}</span>
                  <a href={docs}>
                    <code>{code}</code>
                  </a>
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </Section>
  )
}

function BrokenRule({ rule, open, to }: { rule: Rule; open: boolean; to: ToMessage }) {
  const { code, severity, title, fix, docs, checked, broken, samples } = rule
  const { tone, glyph } = SEVERITIES[severity] ?? SEVERITIES.hint!
  return (
    <details className={css.item} open={open}>
      <summary>
        <Badge tone={tone} glyph={glyph}>
          {severity}
        </Badge>
        <span className={css.title}>{titleOf(title)}</span>
        <Muted>
          {count(broken)} of {plural(checked, 'message')}
        </Muted>
      </summary>
      <div className={css.inside}>
        <p>
          {sentence(fix)}{' '}
          <a href={docs}>
            Why, and by example<Spoken>: {code}</Spoken>
          </a>{' '}
          <code className={css.code}>{code}</code>
        </p>
        <ol className={css.samples}>
          {samples.map((sample) => (
            <li key={`${sample.source} ${sample.position} ${sample.broken?.pointer}`}>
              <header>
                <strong>{sample.title}</strong> <Time at={sample.receivedAt} /> {to(sample)}
              </header>
              {sample.broken && <Finding broken={sample.broken} />}
            </li>
          ))}
        </ol>
      </div>
    </details>
  )
}

function Finding({ broken }: { broken: NonNullable<Sample['broken']> }) {
  const { pointer, found, expected, example } = broken
  return (
    <div className={css.finding}>
      <Pairs
        of={[
          ['Where', <code key="where">{pointer || 'the message'}</code>],
          ['Found', <code key="found">{found}</code>],
          ['Expected', expected],
        ]}
      />
      {example !== null && example !== undefined && (
        <div>
          <p className={css.caption}>Corrected</p>
          <Code text={written(example)} label={`corrected ${pointer || 'message'}`} />
        </div>
      )}
    </div>
  )
}

function KeptRule({ rule: { code, title, docs, checked, samples }, to }: { rule: Rule; to: ToMessage }) {
  return (
    <li>
      <span className={css.ok} role="img" aria-label="Kept">
        ✓
      </span>
      <span>
        {titleOf(title)} <Muted>0 of {count(checked)}</Muted>
      </span>
      <a href={docs}>
        <code>{code}</code>
      </a>
      {samples.length > 0 && (
        <span className={css.shown}>
          {samples.map((sample) => (
            <span key={`${sample.source} ${sample.position}`}>
              {sample.title} {to(sample)}
            </span>
          ))}
        </span>
      )}
    </li>
  )
}

const STANDINGS = {
  passed: { tone: 'ok', glyph: '✓', word: 'arrived' },
  failed: { tone: 'bad', glyph: '✕', word: 'with errors' },
  unseen: { tone: 'warn', glyph: '○', word: 'not seen' },
  undeclared: { tone: 'warn', glyph: '!', word: 'not declared' },
} as const

/** Every event: whether it came, with which of its properties, and the messages that show it. */
export function Events({ events, to, none }: { events: Event[]; to: ToMessage; none: ReactNode }) {
  return (
    <Section title="Events" sub="What the catalog info declares, and what came besides.">
      {events.length === 0 ? (
        none
      ) : (
        <div className={css.list}>
          {events.map((event) => (
            <OneEvent key={`${event.kind} ${event.name}`} event={event} to={to} />
          ))}
        </div>
      )}
    </Section>
  )
}

function OneEvent({ event, to }: { event: Event; to: ToMessage }) {
  const { kind, name, seen, withErrors, properties, samples, semantic } = event
  const { tone, glyph, word } = STANDINGS[standingOf(event)]
  const had = properties.filter((property) => property.seen > 0).length
  return (
    <details className={css.item} open={withErrors > 0}>
      <summary>
        <Badge tone={tone} glyph={glyph}>
          {word}
        </Badge>
        <span className={css.title}>
          <CallName kind={kind} name={name} />
        </span>
        <Muted>
          {plural(seen, 'message')}
          {withErrors > 0 && `, ${count(withErrors)} with errors`}
          {properties.length > 0 &&
            `, ${had} of ${plural(properties.length, 'declared property', 'declared properties')}`}
          {semantic && ' · of the Spec'}
        </Muted>
      </summary>
      <div className={css.inside}>
        {properties.length > 0 && (
          <Table
            label={`Properties of ${name || kind}`}
            rows={properties}
            id={(property) => property.name}
            columns={[
              { head: 'property', cell: (property) => <code>{property.name}</code> },
              { head: 'must be there', cell: ({ required }) => (required ? 'yes' : 'no') },
              {
                head: 'was there',
                number: true,
                cell: (property) => `${count(property.seen)} of ${count(seen)}`,
              },
              {
                head: '',
                cell: (property) =>
                  property.ofWrongType > 0 ? (
                    <Badge tone="bad" glyph="✕">
                      {count(property.ofWrongType)} of another type
                    </Badge>
                  ) : property.seen > 0 && (property.seen === seen || !property.required) ? (
                    <Badge tone="ok" glyph="✓">
                      as declared
                    </Badge>
                  ) : seen > 0 && property.required ? (
                    <Badge tone="bad" glyph="✕">
                      missing
                    </Badge>
                  ) : (
                    <Muted>not seen</Muted>
                  ),
              },
            ]}
          />
        )}
        {samples.length > 0 ? (
          <p className={css.shown}>
            {samples.map((sample) => (
              <span key={`${sample.source} ${sample.position}`}>
                <Time at={sample.receivedAt} /> {to(sample)}
              </span>
            ))}
          </p>
        ) : (
          <Muted>No message shows it yet.</Muted>
        )}
      </div>
    </details>
  )
}
