import { useQueries, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { Shapes } from '../../api/client'
import { LinkButton } from '../../kit/button'
import { count, plural } from '../../kit/figures'
import { Loaded, Problem, Skeleton } from '../../kit/loaded'
import { Body, Empty, Muted, PageHead, Panel, Toolbar, useTitle } from '../../kit/page'
import { Name, Table } from '../../kit/table'
import { allDestinationsQuery, allSourcesQuery } from '../catalog/entries'
import type { Line, Reason, SourceBooks } from './accounting'
import { healthQuery } from './alerts/data'
import { HealthList } from './alerts/health-list'
import { lineOf, missingOf, periodOf } from './destination/books'
import { accountingQuery } from './destination/data'
import { PeriodSelect } from './destination/period'
import { wordsOf } from './destination/reasons'
import { Coded } from './destination/words'
import css from './destinations.module.css'

/** Every source of a workspace with every destination: what came in, and what became of it. */
export function Delivery() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const search = getRouteApi('/w/$ws/delivery').useSearch()
  const navigate = useNavigate()
  useTitle('Delivery', ws)
  const period = periodOf(search.period)
  const sources = useQuery(allSourcesQuery(ws))
  const destinations = useQuery(allDestinationsQuery(ws)).data
  const health = useQuery(healthQuery(ws))
  return (
    <>
      <PageHead title="Delivery" sub="What every source received, and what became of it at each destination.">
        <LinkButton to="/w/$ws/alerts" params={{ ws }}>
          Alerts
        </LinkButton>
      </PageHead>
      <Body>
        <Loaded query={sources}>
          {(sources) =>
            sources.length === 0 ? (
              <Empty title="Nothing can arrive yet">
                <p>Add a source first. What it receives and what becomes of it is counted here.</p>
                <LinkButton look="primary" to="/w/$ws/catalog" params={{ ws }}>
                  Add source
                </LinkButton>
              </Empty>
            ) : health.isPending ? (
              // What is below would move if this came later.
              <Skeleton rows={4} />
            ) : (
              <>
                {health.data ? (
                  <HealthList ws={ws} health={health.data} sources={sources} />
                ) : (
                  <Problem error={health.error} retry={() => health.refetch()} />
                )}
                <Toolbar>
                  <PeriodSelect
                    value={period}
                    onChange={(period) =>
                      void navigate({
                        to: '/w/$ws/delivery',
                        params: { ws },
                        search: { period },
                        replace: true,
                      })
                    }
                  />
                  <Muted>
                    Every row adds up: for a destination = delivered + pending + discarded + given up.
                  </Muted>
                </Toolbar>
                <Matrix
                  ws={ws}
                  sources={sources}
                  destinations={destinations ?? []}
                  period={period}
                  asked={search.period}
                />
              </>
            )
          }
        </Loaded>
      </Body>
    </>
  )
}

function Matrix({
  ws,
  sources,
  destinations,
  period,
  asked,
}: {
  ws: string
  sources: Shapes['SourceView'][]
  destinations: Shapes['DestinationView'][]
  period: string
  asked: string | undefined
}) {
  const books = useQueries({
    queries: sources.map(({ id }) => ({
      ...accountingQuery(ws, id, period),
      placeholderData: (before: SourceBooks | undefined) => before,
    })),
  })
  return (
    <div className={css.matrix}>
      {sources.map((source, at) => {
        const one = books[at]
        const fed = destinations.filter(({ sourceId }) => sourceId === source.id)
        return (
          <Panel key={source.id} flush>
            <div className={css.head}>
              <h2>
                <Link to="/w/$ws/sources/$source/overview" params={{ ws, source: source.slug }}>
                  {source.name}
                </Link>
              </h2>
              {one?.data && <Came books={one.data} />}
              <Link
                className={css.sheet}
                to="/w/$ws/sources/$source/overview/balance"
                params={{ ws, source: source.slug }}
                aria-label={`Balance sheet of ${source.name}`}
              >
                Balance sheet
              </Link>
            </div>
            {!one?.data ? (
              one?.error ? (
                <Problem error={one.error} retry={() => one.refetch()} />
              ) : (
                <Skeleton rows={1} />
              )
            ) : (
              <Lines ws={ws} source={source} books={one.data} fed={fed} asked={asked} />
            )}
          </Panel>
        )
      })}
    </div>
  )
}

/** What came in at a source, adding up. */
function Came({ books }: { books: SourceBooks }) {
  if (books.received === 0 && books.refused === 0) return <span>nothing received in this time</span>
  const rest = books.received - books.accepted - books.duplicates - books.discarded
  return (
    <>
      <span>
        {count(books.received)} received = {count(books.accepted)} accepted
        {books.duplicates > 0 && ` + ${count(books.duplicates)} duplicates`}
        {books.discarded > 0 && ` + ${count(books.discarded)} discarded`}
        {books.refused > 0 && `; ${count(books.refused)} refused at the door`}
      </span>
      {rest !== 0 && <span className={css.bad}>✕ {count(Math.abs(rest))} do not balance</span>}
      {books.discards.length > 0 && <Why reasons={books.discards} />}
    </>
  )
}

function Why({ reasons }: { reasons: Reason[] }) {
  return (
    <span className={css.why}>
      {reasons.slice(0, 3).map((reason) => (
        <span key={`${reason.step} ${reason.code}`} title={reason.code}>
          {count(reason.count)} × <Coded text={wordsOf(reason.step, reason.code).what} />
        </span>
      ))}
      {reasons.length > 3 && <span>and {plural(reasons.length - 3, 'other reason')}</span>}
    </span>
  )
}

/** A destination of a source, or one that is gone and still in the books. */
interface Row {
  line: Line
  destination: Shapes['DestinationView'] | undefined
}

function Lines({
  ws,
  source,
  books,
  fed,
  asked,
}: {
  ws: string
  source: Shapes['SourceView']
  books: SourceBooks
  fed: Shapes['DestinationView'][]
  asked: string | undefined
}) {
  const gone = books.destinations.filter(
    (line) => line.routed > 0 && !fed.some(({ id }) => id === line.destination),
  )
  const rows: Row[] = [
    ...fed.map((destination) => ({ destination, line: lineOf(books, destination.id) })),
    ...gone.map((line) => ({ destination: undefined, line })),
  ]
  if (rows.length === 0) {
    return (
      <p className={css.quiet}>
        Connected to nothing.{' '}
        <Link to="/w/$ws/catalog" params={{ ws }} search={{ kind: 'destinations', source: source.slug }}>
          Connect destination
        </Link>
      </p>
    )
  }
  return (
    <Table
      label={`Delivery of ${source.name}`}
      rows={rows}
      id={({ line }) => line.destination}
      columns={[
        {
          head: 'destination',
          cell: ({ destination, line }) =>
            destination ? (
              <Name below={destination.enabled ? destination.metadata.name : 'off'}>
                <Link
                  to="/w/$ws/destinations/$destination/delivery"
                  params={{ ws, destination: destination.id }}
                  search={{ period: asked }}
                >
                  {destination.name}
                </Link>
              </Name>
            ) : (
              <Name below={line.destination}>Deleted</Name>
            ),
        },
        { head: 'for it', number: true, cell: ({ line }) => count(line.routed) },
        { head: 'delivered', number: true, cell: ({ line }) => count(line.delivered) },
        { head: 'pending', number: true, cell: ({ line }) => count(line.pending) },
        { head: 'discarded', number: true, cell: ({ line }) => count(line.discarded) },
        { head: 'given up', number: true, cell: ({ line }) => count(line.exhausted) },
        {
          head: 'why',
          cell: ({ line }) => (line.discards.length > 0 ? <Why reasons={line.discards} /> : null),
        },
        { head: 'balance', cell: ({ line }) => <Balance line={line} /> },
      ]}
    />
  )
}

function Balance({ line }: { line: Line }) {
  const rest = missingOf(line)
  if (rest !== 0) {
    return (
      <span className={css.bad}>
        ✕ {plural(Math.abs(rest), 'message')} {rest > 0 ? 'missing' : 'too many'}
      </span>
    )
  }
  if (line.balanced === false) return <span className={css.bad}>✕ differs from the log</span>
  if (line.balanced === null) {
    return <span title="So much waits that it was not counted in the log.">adds up; log not counted</span>
  }
  return <span className={css.ok}>✓ adds up</span>
}
