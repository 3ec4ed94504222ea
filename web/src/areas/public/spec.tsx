import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffect } from 'react'
import { api, read, type Shapes } from '../../api/client'
import { Badge } from '../../kit/badge'
import { Code } from '../../kit/copy'
import { Search, sentence } from '../../kit/fields'
import { Loaded } from '../../kit/loaded'
import { Muted, useTitle } from '../../kit/page'
import { titleOf } from '../proof/found'
import { parse, pretty } from '../workspace/source/debugger/json'
import css from './spec.module.css'

type Rule = Shapes['RuleView']

const SETS: [set: string, title: string, says: string][] = [
  ['wire', 'The wire', 'What the tracking API stops a message for, and what it mends.'],
  ['spec', 'The Spec', 'What every source is held to.'],
  ['partner', 'The partner programme', 'What a source in the catalog is held to as well.'],
  ['declared', 'What is declared', 'What a source promises by its own catalog info.'],
]
const TONES: Record<string, { tone: 'bad' | 'warn' | 'accent'; glyph: string }> = {
  error: { tone: 'bad', glyph: '✕' },
  warning: { tone: 'warn', glyph: '!' },
  hint: { tone: 'accent', glyph: '·' },
}

/** The rules that messages are held against, and the events that the Spec names. */
export function Spec() {
  const { q = '', page = 'rules' } = getRouteApi('/public/docs/spec').useSearch()
  const navigate = useNavigate()
  useTitle(page === 'events' ? 'Events of the Spec' : 'Rules of the Spec')
  const go = (search: { q?: string; page?: string }) =>
    void navigate({ to: '/docs/spec', search, replace: true, resetScroll: false })
  return (
    <div className={css.page}>
      <header className={css.head}>
        <h1>The Spec</h1>
        <p>
          Every message is held against these rules, each with a stable code: in the Test tab of an
          integration, by <code>headwater integration check</code>, and in a review. An error makes a message
          useless or keeps a source out of the catalog, a warning says that destinations will misread
          something, a hint shows a better way.
        </p>
        <div className={css.bar}>
          <div className={css.pages} role="group" aria-label="Show">
            <button type="button" aria-pressed={page !== 'events'} onClick={() => go({})}>
              Rules
            </button>
            <button type="button" aria-pressed={page === 'events'} onClick={() => go({ page: 'events' })}>
              Events
            </button>
          </div>
          <Search
            label={page === 'events' ? 'Search events' : 'Search rules'}
            value={q}
            onChange={(text) => go({ q: text || undefined, page: page === 'events' ? page : undefined })}
          />
        </div>
      </header>
      {page === 'events' ? <Events words={q} /> : <Rules words={q} />}
    </div>
  )
}

/** Whether every word is somewhere in the texts. */
const has = (words: string, ...texts: string[]) => {
  const all = texts.join(' ').toLowerCase()
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word))
}

function Rules({ words }: { words: string }) {
  const hash = useRouterState({ select: (state) => state.location.hash })
  const rules = useQuery({
    queryKey: ['spec', 'rules'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => read(api.GET('/spec/rules')),
  })
  return (
    <Loaded query={rules} rows={8}>
      {({ version, rules }) => (
        <>
          {SETS.map(([set, title, says]) => {
            const shown = rules.filter(
              (rule) => rule.set === set && has(words, rule.code, rule.title, rule.why, rule.fix),
            )
            return (
              shown.length > 0 && (
                <section key={set} className={css.set}>
                  <h2>{title}</h2>
                  <p>{says}</p>
                  {shown.map((rule) => (
                    <OneRule key={rule.code} rule={rule} open={rule.code === hash} />
                  ))}
                </section>
              )
            )
          })}
          <p>
            <Muted>Edition {version}</Muted>
          </p>
          <ToAnchor hash={hash} />
        </>
      )}
    </Loaded>
  )
}

/** Goes to what the address names, now that it is there. */
function ToAnchor({ hash }: { hash: string }) {
  useEffect(() => {
    if (hash) document.getElementById(hash)?.scrollIntoView()
  }, [hash])
  return null
}

function OneRule({ rule, open }: { rule: Rule; open: boolean }) {
  const { code, severity, title, why, fix, source, passing, failing } = rule
  const { tone, glyph } = TONES[severity] ?? TONES.hint!
  return (
    <article id={code} className={css.rule}>
      <h3>
        {titleOf(title)}{' '}
        <Badge tone={tone} glyph={glyph}>
          {severity}
        </Badge>{' '}
        <a href={`#${code}`} aria-label={`Link to the rule ${code}`}>
          <code>{code}</code>
        </a>
      </h3>
      <p>{why}</p>
      <p>
        <strong>What to do:</strong> {sentence(fix)}
      </p>
      <details open={open}>
        <summary>By example</summary>
        <div className={css.examples}>
          <div>
            <h4>Breaks it</h4>
            <Code text={laidOut(failing)} label={`message that breaks ${code}`} />
          </div>
          <div>
            <h4>Keeps it</h4>
            <Code text={laidOut(passing)} label={`message that keeps ${code}`} />
          </div>
        </div>
      </details>
      <p>
        <Muted>
          Source:{' '}
          {/^https:/.test(source) ? (
            <a href={source} rel="noreferrer">
              {source}
            </a>
          ) : (
            source
          )}
        </Muted>
      </p>
    </article>
  )
}

/** JSON in lines, its digits as they are; what is none stays as it is. */
function laidOut(text: string): string {
  const json = parse(text)
  return json ? pretty(json) : text
}

function Events({ words }: { words: string }) {
  const events = useQuery({
    queryKey: ['spec', 'events'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => read(api.GET('/spec/events')),
  })
  return (
    <Loaded query={events} rows={8}>
      {({ version, categories }) => (
        <>
          {categories.map(({ name, events }) => {
            const shown = events.filter((event) =>
              has(words, event.name, event.description, ...event.aliases),
            )
            return (
              shown.length > 0 && (
                <section key={name} className={css.set}>
                  <h2>{name}</h2>
                  <div className={css.events}>
                    {shown.map((event) => (
                      <OneEvent key={event.name} event={event} />
                    ))}
                  </div>
                </section>
              )
            )
          })}
          <p>
            <Muted>Edition {version}</Muted>
          </p>
        </>
      )}
    </Loaded>
  )
}

function OneEvent({ event }: { event: Shapes['SpecEvent'] }) {
  const { name, description, properties, context, aliases } = event
  return (
    <details>
      <summary>
        <strong>{name}</strong> <span>{sentence(description)}</span>
      </summary>
      <dl>
        {properties.map((property) => (
          <div key={property.name}>
            <dt>
              <code>{property.name}</code> <Muted>{property.type.join(' or ')}</Muted>
            </dt>
            <dd>{property.description && sentence(property.description)}</dd>
          </div>
        ))}
      </dl>
      {properties.length === 0 && <p>The Spec names no properties for it.</p>}
      {context.length > 0 && (
        <p>
          In <code>context</code>: <code>{context.join(', ')}</code>
        </p>
      )}
      {aliases.length > 0 && <p>Also called: {aliases.join(', ')}. Send the name of the Spec.</p>}
    </details>
  )
}
