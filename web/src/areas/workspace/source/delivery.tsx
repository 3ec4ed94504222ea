import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { count } from '../../../kit/figures'
import { Body, Muted, Section, useTitle } from '../../../kit/page'
import { Name, Table } from '../../../kit/table'
import { destinationsQuery } from '../data'
import type { Overview } from '../overview/data'
import { DeliveryOverview, type Shown } from '../overview/overview'

/** What came in at one source, what was stopped and why, and what became of the rest. */
export function SourceDelivery() {
  const { ws, source } = getRouteApi('/w/$ws/sources/$source/delivery').useParams()
  const search = getRouteApi('/w/$ws/sources/$source/delivery').useSearch()
  const navigate = useNavigate()
  useTitle('Delivery', source, ws)
  return (
    <Body>
      <DeliveryOverview
        ws={ws}
        scope={{ source }}
        shown={search}
        onChange={(search) =>
          void navigate({
            to: '/w/$ws/sources/$source/delivery',
            params: { ws, source },
            search,
            replace: true,
            resetScroll: false,
          })
        }
      >
        {({ destinations }) => (
          <Section
            title="At each destination"
            sub="Eligible = not for it + filtered + waiting + failed + delivered."
            actions={
              <Link to="/w/$ws/sources/$source/overview/balance" params={{ ws, source }}>
                Balance sheet
              </Link>
            }
          >
            <AtDestinations ws={ws} rows={destinations ?? []} time={search} />
          </Section>
        )}
      </DeliveryOverview>
    </Body>
  )
}

function AtDestinations({
  ws,
  rows,
  time: { period, from, to },
}: {
  ws: string
  rows: NonNullable<Overview['destinations']>
  time: Shown
}) {
  const destinations = useQuery(destinationsQuery(ws)).data?.destinations ?? []
  if (rows.length === 0) return <Muted>Nothing was sent on in this time.</Muted>
  return (
    <Table
      label="At each destination"
      rows={rows}
      id={({ id }) => id}
      bad={({ balanced }) => !balanced}
      columns={[
        {
          head: 'destination',
          cell: ({ id, balanced }) => {
            const name = destinations.find((one) => one.id === id)?.name
            return (
              <Name below={balanced ? undefined : '✕ does not balance'}>
                {name ? (
                  <Link
                    to="/w/$ws/destinations/$destination/delivery"
                    params={{ ws, destination: id }}
                    search={{ period, from, to }}
                  >
                    {name}
                  </Link>
                ) : (
                  'deleted destination'
                )}
              </Name>
            )
          },
        },
        { head: 'not for it', number: true, cell: (row) => count(row.notRouted) },
        { head: 'filtered', number: true, cell: (row) => count(row.filteredAtDestination) },
        { head: 'waiting', number: true, cell: (row) => count(row.pending) },
        { head: 'failed', number: true, cell: (row) => count(row.failedDelivery) },
        { head: 'delivered', number: true, cell: (row) => count(row.delivered) },
      ]}
    />
  )
}
