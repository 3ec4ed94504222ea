import { useQueries, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import { api, inWorkspace, read, type Shapes } from '../../api/client'
import { workspaceQuery } from '../../api/queries'
import { Badge } from '../../kit/badge'
import { LinkButton } from '../../kit/button'
import { compact, plural } from '../../kit/figures'
import { Loaded } from '../../kit/loaded'
import { Logo } from '../../kit/logo'
import { Body, Muted, PageHead, Panel, Section, useTitle } from '../../kit/page'
import { Name } from '../../kit/table'
import { useNow } from '../../kit/time'
import { destinationsQuery, sourcesQuery } from './data'
import { curve, type Fares, flowOf } from './flow'
import css from './home.module.css'
import { type Source, stateOf } from './source/source'
import { SourceName, State } from './sources'

type Destination = Shapes['DestinationView']

/** So many rows a side: more is what the lists are for. */
const ROWS = 25

/** The workspace at a glance: what sends, where it goes, and how that fares. */
export function WorkspaceHome() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const workspace = useQuery(workspaceQuery(ws))
  const sources = useQuery({ ...sourcesQuery(ws), refetchInterval: 10_000 })
  const destinations = useQuery({ ...destinationsQuery(ws), refetchInterval: 30_000 })
  useTitle('Overview', ws)
  return (
    <>
      <PageHead title={workspace.data?.workspace.name ?? ws} sub="What sends, and where it goes.">
        <LinkButton to="/w/$ws/destinations" params={{ ws }}>
          Destinations
        </LinkButton>
        <LinkButton look="primary" to="/w/$ws/catalog" params={{ ws }}>
          Add source
        </LinkButton>
      </PageHead>
      <Body>
        <Loaded query={sources} rows={5}>
          {(from) => (
            <Loaded query={destinations} rows={5}>
              {(to) => (
                <>
                  <NextSteps ws={ws} sources={from.sources} destinations={to.destinations} />
                  {from.sources.length > 0 && (
                    <Board
                      ws={ws}
                      sources={from.sources}
                      destinations={to.destinations}
                      totals={[from.total, to.total]}
                    />
                  )}
                </>
              )}
            </Loaded>
          )}
        </Loaded>
      </Body>
    </>
  )
}

/** The three steps from nothing to data at a destination; gone once all are done. */
function NextSteps({
  ws,
  sources,
  destinations,
}: {
  ws: string
  sources: Source[]
  destinations: Destination[]
}) {
  const received = sources.some(({ lastDataAt }) => lastDataAt)
  const connected = destinations.some(({ enabled }) => enabled)
  if (sources.length > 0 && received && connected) return null
  const waiting = sources.find(({ lastDataAt }) => !lastDataAt)
  const source = waiting ?? sources[0]
  return (
    <Section title="What to do next">
      <Panel flush>
        <ol>
          <Step
            at={1}
            done={sources.length > 0}
            label="Add a source"
            detail="A website, an app, a server, or a product from the catalog."
            action={
              sources.length === 0 && (
                <Link to="/w/$ws/catalog" params={{ ws }}>
                  Open the catalog
                </Link>
              )
            }
          />
          <Step
            at={2}
            done={received}
            label="Send the first event"
            detail="Its page has snippets with your write key filled in, and shows the event as it lands."
            action={
              !received &&
              source && (
                <Link to="/w/$ws/sources/$source/overview" params={{ ws, source: source.slug }}>
                  Open {source.name}
                </Link>
              )
            }
          />
          <Step
            at={3}
            done={connected}
            label="Connect a destination"
            detail="Each message that a source accepts is brought there, and every one is accounted for."
            action={
              !connected &&
              sources[0] && (
                <Link
                  to="/w/$ws/sources/$source/destinations"
                  params={{ ws, source: (sources.find((each) => each.lastDataAt) ?? sources[0]).slug }}
                >
                  Connect one
                </Link>
              )
            }
          />
        </ol>
      </Panel>
    </Section>
  )
}

/** One of the three: its number, or that it is done; the way there where it is next. */
function Step({
  at,
  done,
  label,
  detail,
  action,
}: {
  at: number
  done: boolean
  label: string
  detail: string
  action: ReactNode
}) {
  return (
    <li className={css.step}>
      {done ? (
        <span className={css.done} role="img" aria-label="Done">
          ✓
        </span>
      ) : (
        <span aria-hidden>{at}</span>
      )}
      <strong>{label}</strong>
      <span>{action}</span>
      <small>{detail}</small>
    </li>
  )
}

interface Drawn {
  id: string
  path: string
  look: string
}

/** Sources, destinations, and the lines between them. */
function Board({
  ws,
  sources: all,
  destinations: every,
  totals,
}: {
  ws: string
  sources: Source[]
  destinations: Destination[]
  totals: [number, number]
}) {
  const now = useNow()
  const board = useRef<HTMLDivElement>(null)
  const rows = useRef(new Map<string, HTMLElement>())
  const [lines, setLines] = useState<Drawn[]>([])
  // What is connected first, in the order of the sources, so that few lines cross.
  const feeds = (source: Source) => every.some(({ sourceId }) => sourceId === source.id)
  const sources = [...all].sort((one, other) => Number(feeds(other)) - Number(feeds(one))).slice(0, ROWS)
  const place = new Map(sources.map(({ id }, at) => [id, at]))
  const destinations = every
    .filter(({ sourceId }) => place.has(sourceId))
    .sort((one, other) => place.get(one.sourceId)! - place.get(other.sourceId)!)
    .slice(0, ROWS)
  const fares = useQueries({
    queries: destinations.map(({ id }) => ({
      queryKey: ['w', ws, 'destinations', id, 'delivery'],
      refetchInterval: 15_000,
      queryFn: async () => {
        const { destination } = await read(
          api.GET('/destinations/{destinationId}/delivery', {
            params: { path: { destinationId: id }, header: inWorkspace(ws) },
          }),
        )
        return destination as unknown as Fares
      },
    })),
  })
  const flows = destinations.map((destination, at) => {
    const source = sources.find(({ id }) => id === destination.sourceId)!
    return flowOf(stateOf(source, now), destination.enabled, fares[at]?.data)
  })
  const wanted = JSON.stringify(destinations.map(({ id, sourceId }, at) => [id, sourceId, flows[at]!.look]))

  useLayoutEffect(() => {
    const element = board.current
    if (!element) return
    const draw = () => {
      const origin = element.getBoundingClientRect()
      setLines(
        (JSON.parse(wanted) as [string, string, string][]).flatMap(([id, sourceId, look]) => {
          const from = rows.current.get(sourceId)?.getBoundingClientRect()
          const to = rows.current.get(id)?.getBoundingClientRect()
          if (!from || !to) return []
          return [
            {
              id,
              look,
              path: curve(
                from.right - origin.left,
                from.top + from.height / 2 - origin.top,
                to.left - origin.left,
                to.top + to.height / 2 - origin.top,
              ),
            },
          ]
        }),
      )
    }
    draw()
    const sizes = new ResizeObserver(draw)
    sizes.observe(element)
    return () => sizes.disconnect()
  }, [wanted])

  const row = (id: string) => (element: HTMLElement | null) => {
    if (element) rows.current.set(id, element)
    else rows.current.delete(id)
  }
  return (
    <div className={css.board} ref={board}>
      <svg className={css.lines} aria-hidden>
        <title>Lines from sources to destinations</title>
        {lines.map(({ id, path, look }) => (
          <path key={id} d={path} className={css[look]} />
        ))}
      </svg>
      <section className={css.side} aria-label="Sources">
        <header>
          <h2>Sources</h2>
          <Link to="/w/$ws/sources" params={{ ws }}>
            {plural(totals[0], 'source')}
          </Link>
        </header>
        <ul>
          {sources.map((source) => (
            <li key={source.id} ref={row(source.id)} className={css.row}>
              <SourceName ws={ws} source={source} />
              <State source={source} />
              <span className={css.narrow}>
                {destinations.some(({ sourceId }) => sourceId === source.id) ? (
                  <Muted>
                    to{' '}
                    {destinations
                      .filter(({ sourceId }) => sourceId === source.id)
                      .map(({ name }) => name)
                      .join(', ')}
                  </Muted>
                ) : (
                  <Muted>to no destination</Muted>
                )}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section className={css.side} aria-label="Destinations">
        <header>
          <h2>Destinations</h2>
          <Link to="/w/$ws/destinations" params={{ ws }}>
            {plural(totals[1], 'destination')}
          </Link>
        </header>
        {destinations.length === 0 ? (
          <p className={css.none}>
            <Muted>
              None yet. Messages are accepted and kept for the Debugger; connect a destination to bring them
              somewhere.
            </Muted>
          </p>
        ) : (
          <ul>
            {destinations.map((destination, at) => {
              const flow = flows[at]!
              const source = sources.find(({ id }) => id === destination.sourceId)
              return (
                <li key={destination.id} ref={row(destination.id)} className={css.row}>
                  <span className={css.destination}>
                    <Logo
                      name={destination.name}
                      src={destination.metadata.logos.mark ?? destination.metadata.logos.default}
                      size={28}
                    />
                    <Name below={destination.metadata.name}>
                      <Link
                        to="/w/$ws/destinations/$destination/overview"
                        params={{ ws, destination: destination.id }}
                      >
                        {destination.name}
                      </Link>
                    </Name>
                  </span>
                  <span className={css.flow}>
                    <Badge tone={flow.tone} glyph={flow.glyph}>
                      {flow.word}
                    </Badge>
                    {flow.pending > 0 && <Muted>{compact(flow.pending)} pending</Muted>}
                  </span>
                  <span className={css.narrow}>
                    <Muted>from {source?.name}</Muted>
                  </span>
                </li>
              )
            })}
          </ul>
        )}
      </section>
    </div>
  )
}
