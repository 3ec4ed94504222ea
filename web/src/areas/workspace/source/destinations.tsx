import { useQueries, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { LinkButton } from '../../../kit/button'
import { count } from '../../../kit/figures'
import { Loaded } from '../../../kit/loaded'
import { Body, Empty, Muted, Section, useTitle } from '../../../kit/page'
import { Switch } from '../../../kit/switch'
import { Name, Table } from '../../../kit/table'
import { connectedQuery, deliveryQuery, useRefusal, useSwitch } from '../destination/data'
import { StateBadge } from '../destination/state'

/** What a source is delivered to, each switched on or off here. */
export function SourceDestinations() {
  const { ws, source } = getRouteApi('/w/$ws/sources/$source').useParams()
  useTitle('Destinations', source, ws)
  const connected = useQuery(connectedQuery(ws, source))
  const fares = useQueries({
    queries: (connected.data ?? []).map(({ id }) => deliveryQuery(ws, id)),
    combine: (results) => new Map(results.map((one, at) => [connected.data?.[at]?.id, one.data])),
  })
  const turn = useSwitch(ws)
  const refused = useRefusal(ws, source)
  const connect = refused ? (
    <Muted>{refused}</Muted>
  ) : (
    <LinkButton look="primary" to="/w/$ws/catalog" params={{ ws }} search={{ kind: 'destinations', source }}>
      Connect destination
    </LinkButton>
  )
  return (
    <Body>
      <Loaded query={connected}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="Connected to nothing yet">
              <p>
                What this source receives is kept and can be seen in the Debugger. Connect a destination to
                have it delivered.
              </p>
              {connect}
            </Empty>
          ) : (
            <Section title="Connected destinations" actions={connect}>
              <Table
                label="Connected destinations"
                rows={rows}
                id={(row) => row.id}
                columns={[
                  {
                    head: 'destination',
                    cell: (row) => (
                      <Name below={row.metadata.name}>
                        <Link
                          to="/w/$ws/destinations/$destination/overview"
                          params={{ ws, destination: row.id }}
                        >
                          {row.name}
                        </Link>
                      </Name>
                    ),
                  },
                  {
                    head: 'state',
                    cell: (row) => <StateBadge destination={row} delivery={fares.get(row.id)} />,
                  },
                  {
                    head: 'delivered',
                    number: true,
                    cell: (row) => count(fares.get(row.id)?.delivered ?? 0),
                  },
                  {
                    head: 'pending',
                    number: true,
                    cell: (row) => count(fares.get(row.id)?.pending ?? 0),
                  },
                  {
                    head: 'enabled',
                    cell: (row) => (
                      <Switch
                        on={row.enabled}
                        what={`Deliver to ${row.name}`}
                        busy={turn.isPending && turn.variables?.destination.id === row.id}
                        disabled={!!refused}
                        onChange={(enabled) => turn.mutate({ destination: row, enabled })}
                      />
                    ),
                  },
                ]}
              />
            </Section>
          )
        }
      </Loaded>
    </Body>
  )
}
