import { useQueries, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { LinkButton } from '../../kit/button'
import { Search } from '../../kit/fields'
import { count, plural } from '../../kit/figures'
import { Filter, Filters } from '../../kit/filters'
import { Loaded } from '../../kit/loaded'
import { Logo } from '../../kit/logo'
import { Body, Empty, Muted, PageHead, Toolbar, useTitle } from '../../kit/page'
import { Name, Table } from '../../kit/table'
import { Time } from '../../kit/time'
import { allDestinationsQuery, allSourcesQuery } from '../catalog/entries'
import { deliveryQuery } from './destination/data'
import { wordsOf } from './destination/reasons'
import { StateBadge, stateOf } from './destination/state'
import { Coded } from './destination/words'
import css from './destinations.module.css'

const STATES = { all: 'All', on: 'On', trouble: 'In trouble', off: 'Off' }

/** The destinations of a workspace. */
export function Destinations() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const search = getRouteApi('/w/$ws/destinations').useSearch()
  const navigate = useNavigate()
  useTitle('Destinations', ws)
  const list = useQuery(allDestinationsQuery(ws))
  const sources = useQuery(allSourcesQuery(ws)).data
  const fares = useQueries({
    queries: (list.data ?? []).map(({ id }) => deliveryQuery(ws, id)),
    combine: (results) => new Map(results.map((one, at) => [list.data?.[at]?.id, one.data])),
  })
  const sourceOf = (id: string) => sources?.find((source) => source.id === id)
  const state = search.state && search.state in STATES ? search.state : 'all'
  const words = (search.q ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  return (
    <>
      <PageHead title="Destinations" sub="Where this workspace’s events go.">
        <LinkButton look="primary" to="/w/$ws/catalog" params={{ ws }} search={{ kind: 'destinations' }}>
          Add destination
        </LinkButton>
      </PageHead>
      <Body>
        <Loaded query={list} rows={4}>
          {(all) => {
            if (all.length === 0) {
              return (
                <Empty title="No destination yet">
                  <p>
                    A destination delivers what one source receives: to an address of yours, or to another
                    product. Until there is one, events are kept and can be seen in the Debugger.
                  </p>
                  <LinkButton to="/w/$ws/catalog" params={{ ws }} search={{ kind: 'destinations' }}>
                    Add destination
                  </LinkButton>
                </Empty>
              )
            }
            const rows = all.filter((one) => {
              const source = sourceOf(one.sourceId)
              const text = `${one.name} ${one.metadata.name} ${source?.name ?? ''} ${source?.slug ?? ''}`
              if (!words.every((word) => text.toLowerCase().includes(word))) return false
              const { tone } = stateOf(one, fares.get(one.id))
              if (state === 'on') return one.enabled
              if (state === 'off') return !one.enabled
              return state === 'all' || tone === 'bad' || tone === 'warn'
            })
            return (
              <>
                <Toolbar>
                  <Search
                    label="Search destinations"
                    value={search.q ?? ''}
                    onChange={(q) =>
                      void navigate({
                        to: '/w/$ws/destinations',
                        params: { ws },
                        search: { ...search, q: q || undefined },
                        replace: true,
                      })
                    }
                  />
                  <Filters label="State">
                    {Object.entries(STATES).map(([word, label]) => (
                      <Filter
                        key={word}
                        to="/w/$ws/destinations"
                        params={{ ws }}
                        search={{ q: search.q, state: word === 'all' ? undefined : word }}
                        replace
                        activeOptions={{ exact: true }}
                      >
                        {label}
                      </Filter>
                    ))}
                  </Filters>
                  <span role="status">
                    <Muted>{plural(rows.length, 'destination')}</Muted>
                  </span>
                </Toolbar>
                {rows.length === 0 ? (
                  <Empty title="No destination matches">
                    <Link to="/w/$ws/destinations" params={{ ws }} search={{}}>
                      Show all destinations
                    </Link>
                  </Empty>
                ) : (
                  <Table
                    label="Destinations"
                    rows={rows}
                    id={(row) => row.id}
                    columns={[
                      {
                        head: 'destination',
                        cell: (row) => (
                          <span className={css.name}>
                            <Logo
                              name={row.metadata.name}
                              src={row.metadata.logos.mark ?? row.metadata.logos.default}
                              size={24}
                            />
                            <Name below={row.metadata.name}>
                              <Link
                                to="/w/$ws/destinations/$destination/overview"
                                params={{ ws, destination: row.id }}
                              >
                                {row.name}
                              </Link>
                            </Name>
                          </span>
                        ),
                      },
                      {
                        head: 'source',
                        cell: (row) => {
                          const source = sourceOf(row.sourceId)
                          return source ? (
                            <Link to="/w/$ws/sources/$source/overview" params={{ ws, source: source.slug }}>
                              {source.name}
                            </Link>
                          ) : null
                        },
                      },
                      {
                        head: 'state',
                        cell: (row) => <StateBadge destination={row} delivery={fares.get(row.id)} />,
                      },
                      {
                        head: 'pending',
                        number: true,
                        cell: (row) => count(fares.get(row.id)?.pending ?? 0),
                      },
                      {
                        head: 'dead letters',
                        number: true,
                        cell: (row) => count(fares.get(row.id)?.exhausted ?? 0),
                      },
                      {
                        head: 'last failure',
                        cell: (row) => {
                          const error = fares.get(row.id)?.lastError
                          if (!error) return <Muted>none</Muted>
                          return (
                            <Name
                              below={
                                <>
                                  {error.code}, <Time at={error.at} />
                                </>
                              }
                            >
                              <span className={css.failure}>
                                <Coded text={wordsOf('failed_delivery', error.code).what} />
                              </span>
                            </Name>
                          )
                        },
                      },
                    ]}
                  />
                )}
              </>
            )
          }}
        </Loaded>
      </Body>
    </>
  )
}
