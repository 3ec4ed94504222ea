import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { api, inWorkspace, read, type Shapes } from '../../../api/client'
import { Button, LinkButton } from '../../../kit/button'
import { Code, Copy } from '../../../kit/copy'
import { Actions, TextField } from '../../../kit/fields'
import { plural } from '../../../kit/figures'
import { failureFaults } from '../../../kit/form'
import { Mono, Muted, Note, Panel, Section } from '../../../kit/page'
import { exactly, Time, useNow } from '../../../kit/time'
import type { SourceBooks } from '../accounting'
import { endpoint } from '../data'
import { sum } from './books'
import { Reasons } from './reasons'
import { message, type Sample, SNIPPETS } from './snippets'
import { masked, mayAdminister, type Source } from './source'
import css from './source.module.css'

const LANGUAGE = 'headwater.language'
const SILENCE = 10 * 60 * 1000

/** Before the first event: how to send one, and what to look at when none comes. */
export function Listening({
  ws,
  source,
  refused,
}: {
  ws: string
  source: Source
  refused: Shapes['MessageRow'][]
}) {
  const now = useNow()
  const quiet = now.getTime() - Date.parse(source.createdAt) > SILENCE
  return (
    <>
      <section className={css.listening} aria-label="Listening for the first event">
        <header>
          <span className={css.dot} aria-hidden />
          <h2>Listening for the first event</h2>
          <Timer />
        </header>
        <Snippets source={source} />
      </section>
      {!source.enabled && (
        <Note tone="warn">
          <span>
            This source is disabled: what comes in is discarded as <code>source_disabled</code>. Enable it
            first.
          </span>
        </Note>
      )}
      {quiet && <Causes ws={ws} source={source} refused={refused} />}
      <Section title="Then">
        <Panel>
          <ol className={css.steps}>
            <li>
              <span>1</span>
              <span>
                {source.metadata.isCloudEventSource
                  ? `Paste the write key into ${source.metadata.name}`
                  : 'Put the write key into your site, app or server'}
              </span>
              {mayAdminister(source) ? (
                <Copy text={source.writeKeys[0]!} what="write key" />
              ) : (
                <Muted>ask a Source Admin</Muted>
              )}
            </li>
            <li>
              <span>2</span>
              <span>Watch it arrive in the Debugger</span>
              <Link to="/w/$ws/sources/$source/debugger" params={{ ws, source: source.slug }}>
                Open
              </Link>
            </li>
            <li>
              <span>3</span>
              <span>Connect a destination</span>
              <Link to="/w/$ws/sources/$source/destinations" params={{ ws, source: source.slug }}>
                Open
              </Link>
            </li>
          </ol>
        </Panel>
      </Section>
    </>
  )
}

/** How long this page has been listening. */
function Timer() {
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const from = Date.now()
    const timer = setInterval(() => setSeconds(Math.floor((Date.now() - from) / 1000)), 1000)
    return () => clearInterval(timer)
  }, [])
  const two = (value: number) => String(value).padStart(2, '0')
  return (
    <span className={css.timer} role="timer" aria-label="Listening for">
      {two(Math.floor(seconds / 60))}:{two(seconds % 60)}
    </span>
  )
}

type Sent = { ok: boolean; status: number; answer: string }

/** A first event in the language of one's choice, with the real key and host. */
function Snippets({ source }: { source: Source }) {
  const client = useQueryClient()
  const [language, setLanguage] = useState(() => localStorage.getItem(LANGUAGE) ?? 'curl')
  const [busy, setBusy] = useState(false)
  const [sent, setSent] = useState<Sent | null>(null)
  const snippet = SNIPPETS.find(({ id }) => id === language) ?? SNIPPETS[0]!
  const may = mayAdminister(source)
  const sample: Sample = {
    host: location.origin,
    writeKey: source.writeKeys[0] ?? 'WRITE_KEY',
    event: 'Test Event',
    userId: 'user_1',
    ...(source.metadata.isCloudEventSource ? { integration: source.metadata.slug } : {}),
  }
  const choose = (id: string) => {
    setLanguage(id)
    localStorage.setItem(LANGUAGE, id)
  }
  const run = async () => {
    setBusy(true)
    try {
      const response = await fetch(`${sample.host}/v1/track`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Basic ${btoa(`${sample.writeKey}:`)}`,
          // A refusal is told, instead of being taken in silence.
          prefer: 'strict',
        },
        body: JSON.stringify(message(sample)),
      })
      setSent({ ok: response.ok, status: response.status, answer: await response.text() })
      await client.invalidateQueries({
        queryKey: ['w'],
        predicate: ({ queryKey }) => queryKey[3] === source.slug,
      })
    } catch {
      setSent({ ok: false, status: 0, answer: 'The server could not be reached from this browser.' })
    } finally {
      setBusy(false)
    }
  }
  return (
    <div className={css.snippets}>
      <div className={css.languages} role="tablist" aria-label="Language">
        {SNIPPETS.map(({ id, label }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`snippet-${id}`}
            aria-selected={id === snippet.id}
            aria-controls="snippet"
            tabIndex={id === snippet.id ? 0 : -1}
            onClick={() => choose(id)}
            onKeyDown={(event) => {
              const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
              if (!by) return
              const at = SNIPPETS.findIndex((each) => each.id === snippet.id)
              const next = SNIPPETS[(at + by + SNIPPETS.length) % SNIPPETS.length]!
              choose(next.id)
              document.getElementById(`snippet-${next.id}`)?.focus()
            }}
          >
            {label}
          </button>
        ))}
      </div>
      <div id="snippet" role="tabpanel" aria-labelledby={`snippet-${snippet.id}`} className={css.code}>
        {snippet.install && <Code text={snippet.install} label="Command to install the library" />}
        <Code text={snippet.code(sample)} label={`First event with ${snippet.label}`} />
      </div>
      {may ? (
        <Actions>
          <Button onClick={() => void run()} busy={busy}>
            Run it from here
          </Button>
          <Muted>Your real key and host are filled in.</Muted>
        </Actions>
      ) : (
        <Muted>
          Put a write key in place of WRITE_KEY: only a Source Admin of this source can read its keys.
        </Muted>
      )}
      {sent && (
        <Note tone={sent.ok ? 'ok' : 'bad'}>
          <span>
            {sent.ok ? 'Sent; the server took it.' : 'It was not taken.'}{' '}
            <span className={css.answer}>
              {sent.status > 0 && `${sent.status} `}
              {sent.answer}
            </span>
          </span>
        </Note>
      )}
    </div>
  )
}

/** After ten minutes without an event: the usual causes, each with its check. */
function Causes({ ws, source, refused }: { ws: string; source: Source; refused: Shapes['MessageRow'][] }) {
  return (
    <Section title="Nothing yet? The three usual causes">
      <Panel>
        <div className={css.cause}>
          <h3>1 · Another write key</h3>
          <p>
            Messages with a key that no source has are answered with success and go nowhere. Paste the key
            that your sender uses:
          </p>
          <KeyCheck ws={ws} source={source} />
        </div>
        <div className={css.cause}>
          <h3>2 · Another host</h3>
          <p>The sender must send to this endpoint, and be able to reach it:</p>
          <EndpointCheck writeKey={source.writeKeys[0] ?? 'none'} />
        </div>
        <div className={css.cause}>
          <h3>3 · Refused at the door</h3>
          <Refusals ws={ws} source={source} refused={refused} />
        </div>
      </Panel>
    </Section>
  )
}

function KeyCheck({ ws, source }: { ws: string; source: Source }) {
  const [key, setKey] = useState('')
  const pasted = key.trim()
  const own = source.writeKeys.includes(pasted)
  const found = useQuery({
    queryKey: ['w', ws, 'sources', 'by-key', pasted],
    enabled: pasted.length >= 6 && !own,
    queryFn: async () =>
      (await read(api.GET('/sources', { params: { query: { writeKey: pasted }, header: inWorkspace(ws) } })))
        .sources,
  })
  const other = found.data?.find(({ slug }) => slug !== source.slug)
  return (
    <>
      <div className={css.inline}>
        <TextField
          label="Write key of the sender"
          mono
          autoComplete="off"
          spellCheck={false}
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
      </div>
      <div role="status">
        {own && <Note tone="ok">That is a key of this source. The key is not the cause.</Note>}
        {!own && found.error && <Note tone="bad">{failureFaults(found.error)[0]!.message}</Note>}
        {!own && other && (
          <Note tone="warn">
            <span>
              That is a key of another source:{' '}
              <Link to="/w/$ws/sources/$source/overview" params={{ ws, source: other.slug }}>
                {other.name}
              </Link>
            </span>
          </Note>
        )}
        {!own && found.data && !other && (
          <Note tone="bad">
            {found.data.length > 0
              ? 'This is only the beginning of a key of this source. The whole key is needed.'
              : 'No source of this workspace whose keys you may see has this key. Copy the one on this page into the sender.'}
          </Note>
        )}
      </div>
    </>
  )
}

function EndpointCheck({ writeKey }: { writeKey: string }) {
  const [state, setState] = useState<'idle' | 'busy' | 'yes' | 'no'>('idle')
  return (
    <>
      <Actions>
        <code>{endpoint()}</code>
        <Copy text={endpoint()} what="endpoint" />
        <Button
          small
          busy={state === 'busy'}
          onClick={async () => {
            setState('busy')
            try {
              // What libraries ask for before they send; it counts as nothing.
              const response = await fetch(`${endpoint()}/projects/${writeKey}/settings`)
              setState(response.headers.get('content-type')?.includes('json') ? 'yes' : 'no')
            } catch {
              setState('no')
            }
          }}
        >
          Check from here
        </Button>
      </Actions>
      <div role="status">
        {state === 'yes' && (
          <Note tone="ok">
            It answers this browser. A sender elsewhere needs a name and a route to this host of its own.
          </Note>
        )}
        {state === 'no' && <Note tone="bad">The tracking API does not answer at this address.</Note>}
      </div>
    </>
  )
}

function Refusals({ ws, source, refused }: { ws: string; source: Source; refused: Shapes['MessageRow'][] }) {
  const books = useQuery({
    queryKey: ['w', ws, 'sources', source.slug, 'books', 'total'],
    refetchInterval: 10_000,
    queryFn: async () => {
      const { sources } = await read(
        api.GET('/sources/{sourceId}/accounting', {
          params: { path: { sourceId: source.slug }, header: inWorkspace(ws) },
        }),
      )
      return sum(sources as unknown as SourceBooks[])
    },
  })
  if (books.error) return <Note tone="bad">{failureFaults(books.error)[0]!.message}</Note>
  if (!books.data) return <Muted>Looking…</Muted>
  const { refused: many, refusals } = books.data
  if (many === 0) {
    return (
      <Note tone="ok">No request that named a key of this source was refused. This is not the cause.</Note>
    )
  }
  const last = refused[0]
  return (
    <>
      <p>{plural(many, 'request')} that named a key of this source could not be taken:</p>
      <Reasons ws={ws} source={source.slug} of={refusals} />
      {last?.detail && (
        <Muted>
          The last one, <Time at={last.receivedAt} />: {last.detail}
        </Muted>
      )}
      <Actions>
        <LinkButton
          small
          to="/w/$ws/sources/$source/debugger"
          params={{ ws, source: source.slug }}
          search={{ q: 'verdict:refused' }}
        >
          Look at them in the Debugger
        </LinkButton>
      </Actions>
    </>
  )
}

/** What the listening panel turns into when the first event lands. */
export function Received({
  ws,
  source,
  first,
  many,
}: {
  ws: string
  source: Source
  first: Shapes['MessageRow']
  many: number
}) {
  return (
    <section className={css.listening} aria-label="Received the first event" role="status">
      <header>
        <span aria-hidden>✓</span>
        <h2>
          Received {many > 0 ? plural(many, 'event') : '1 event'}: {first.name ?? first.type},{' '}
          <Time at={first.receivedAt} />
        </h2>
        <Link
          to="/w/$ws/sources/$source/debugger"
          params={{ ws, source: source.slug }}
          search={{ at: first.position }}
        >
          See it in the Debugger
        </Link>
      </header>
      <div className={css.snippets}>
        {first.verdict === 'accepted' ? (
          <p>
            It was accepted at <span title={first.receivedAt}>{exactly(first.receivedAt)}</span>.{' '}
            <Link to="/w/$ws/sources/$source/destinations" params={{ ws, source: source.slug }}>
              Connect a destination
            </Link>{' '}
            for what comes next.
          </p>
        ) : (
          <p>
            It was not accepted: {first.detail ?? first.verdict} <Mono>{first.code ?? ''}</Mono>
          </p>
        )}
      </div>
    </section>
  )
}

/** A write key, masked until it is shown. */
export function SecretKey({ value }: { value: string }) {
  const [shown, setShown] = useState(false)
  return (
    <>
      <code>{shown ? value : masked(value)}</code>
      <Button small aria-pressed={shown} onClick={() => setShown(!shown)}>
        {shown ? 'Hide' : 'Show'}
      </Button>
      <Copy text={value} what="write key" />
    </>
  )
}
