import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Badge } from '../../../../kit/badge'
import { duration } from '../../../../kit/figures'
import { Loaded } from '../../../../kit/loaded'
import { Muted, Note } from '../../../../kit/page'
import { type Attempt, type Opened, type Path, traceQuery } from './data'
import css from './debugger.module.css'
import { stampOf } from './row'

const STATES: Record<
  Path['state'],
  { tone: 'ok' | 'warn' | 'bad' | 'sunk' | 'accent'; glyph: string; word: string }
> = {
  delivered: { tone: 'ok', glyph: '✓', word: 'Delivered' },
  pending: { tone: 'accent', glyph: '◔', word: 'Waiting' },
  discarded: { tone: 'warn', glyph: '⊘', word: 'Discarded' },
  exhausted: { tone: 'bad', glyph: '✕', word: 'Given up' },
  not_offered: { tone: 'sunk', glyph: '○', word: 'Not offered' },
}
const OUTCOMES: Record<Attempt['outcome'], string> = {
  delivered: 'delivered',
  retry: 'to be tried again',
  discarded: 'discarded',
  exhausted: 'given up',
  redelivery: 'asked to be delivered again',
}

/** Where a message went: each destination, each attempt, and what comes next. */
export function Delivery({
  ws,
  source,
  opened,
  utc,
}: {
  ws: string
  source: string
  opened: Opened
  utc: boolean
}) {
  const { detail } = opened
  if (detail.verdict !== 'accepted') {
    return (
      <Note>
        {detail.verdict === 'duplicate'
          ? 'A duplicate is not delivered again; the first message with its id was.'
          : 'Only accepted messages are offered to destinations.'}
      </Note>
    )
  }
  return (
    <Ways ws={ws} source={source} messageId={detail.messageId ?? ''} position={detail.position} utc={utc} />
  )
}

function Ways({
  ws,
  source,
  messageId,
  position,
  utc,
}: {
  ws: string
  source: string
  messageId: string
  position: string
  utc: boolean
}) {
  const trace = useQuery(traceQuery(ws, source, messageId))
  return (
    <Loaded query={trace} rows={2}>
      {(messages) => {
        const traced = messages.find((each) => each.position === position) ?? messages[0]
        if (!traced || traced.destinations.length === 0) {
          return (
            <p>
              No destination is connected to this source.{' '}
              <Link to="/w/$ws/sources/$source/destinations" params={{ ws, source }}>
                Destinations
              </Link>
            </p>
          )
        }
        return (
          <>
            {!traced.complete && (
              <Note tone="warn">There are very many attempts; the oldest of them are not shown.</Note>
            )}
            {traced.destinations.map((path) => (
              <Way key={path.destination} ws={ws} path={path} utc={utc} />
            ))}
          </>
        )
      }}
    </Loaded>
  )
}

function Way({ ws, path, utc }: { ws: string; path: Path; utc: boolean }) {
  const { tone, glyph, word } = STATES[path.state]
  const title = path.name ?? path.destination
  return (
    <section className={css.way} aria-label={title}>
      <header>
        <h3>
          {path.destination.startsWith('dst_') ? (
            <Link
              to="/w/$ws/destinations/$destination/overview"
              params={{ ws, destination: path.destination }}
            >
              {title}
            </Link>
          ) : (
            title
          )}
        </h3>
        <Badge tone={tone} glyph={glyph}>
          {word}
        </Badge>
      </header>
      {path.pausedAt && (
        <p>
          The destination is paused since {stampOf(path.pausedAt, utc)}; it goes on when somebody resumes it.
        </p>
      )}
      {path.nextAttemptAt && <p>Next attempt {stampOf(path.nextAttemptAt, utc)}</p>}
      {path.state === 'not_offered' && (
        <p>
          <Muted>
            The destination was not connected when this message came, or its attempts are no longer kept.
          </Muted>
        </p>
      )}
      {path.attempts.length > 0 && (
        <ol className={css.attempts}>
          {path.attempts.map((attempt) => (
            <li key={`${attempt.at} ${attempt.number} ${attempt.outcome}`}>
              <time dateTime={attempt.at}>{stampOf(attempt.at, utc)}</time>
              <span>
                {attempt.outcome === 'redelivery'
                  ? OUTCOMES.redelivery
                  : [
                      `Attempt ${attempt.number}: ${OUTCOMES[attempt.outcome]}`,
                      attempt.status && `HTTP ${attempt.status}`,
                      attempt.code && attempt.code !== String(attempt.status) && attempt.code,
                      duration(attempt.tookMs),
                    ]
                      .filter(Boolean)
                      .join(' · ')}
              </span>
              {attempt.excerpt && <pre>{attempt.excerpt}</pre>}
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
