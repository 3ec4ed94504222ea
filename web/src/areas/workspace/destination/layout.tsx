import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, Outlet } from '@tanstack/react-router'
import { ApiFailure } from '../../../api/client'
import { Problem, Skeleton } from '../../../kit/loaded'
import { Logo } from '../../../kit/logo'
import { Body, Empty, PageHead, Refused, Tab, Tabs } from '../../../kit/page'
import { Switch } from '../../../kit/switch'
import { allSourcesQuery } from '../../catalog/entries'
import { deliveryQuery, destinationQuery, syncsQuery, useRefusal, useSwitch } from './data'
import css from './destination.module.css'
import { StateBadge } from './state'

/** The head and tabs of one destination. */
export function DestinationLayout() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const query = useQuery(destinationQuery(ws, id))
  const delivery = useQuery(deliveryQuery(ws, id)).data
  // Whether its kind keeps a history never changes.
  const syncs = useQuery({ ...syncsQuery(ws, id), refetchInterval: false, staleTime: Infinity })
  // One that cannot be asked just now keeps a history all the same.
  const kept =
    syncs.data?.kept ?? (syncs.error instanceof ApiFailure && syncs.error.has('destination_not_ready'))
  const sources = useQuery(allSourcesQuery(ws)).data
  const turn = useSwitch(ws)
  const refused = useRefusal(ws, query.data?.destination.sourceId)
  if (!query.data) {
    if (!query.error) return <Skeleton rows={5} />
    return (
      <Body>
        {query.error instanceof ApiFailure && query.error.status === 404 ? (
          <Empty title="There is no such destination">
            <p>It may have been deleted, or you may not see it.</p>
            <Link to="/w/$ws/destinations" params={{ ws }}>
              All destinations
            </Link>
          </Empty>
        ) : (
          <Problem error={query.error} retry={() => query.refetch()} />
        )}
      </Body>
    )
  }
  const { destination } = query.data
  const source = sources?.find((one) => one.id === destination.sourceId)
  const params = { ws, destination: id }
  return (
    <>
      <PageHead
        mark={
          <Logo
            name={destination.metadata.name}
            src={destination.metadata.logos.mark ?? destination.metadata.logos.default}
          />
        }
        title={destination.name}
        badge={
          <span className={css.badges}>
            <StateBadge destination={destination} delivery={delivery} />
            <span>
              {destination.metadata.name}
              {source && (
                <>
                  {', fed by '}
                  <Link to="/w/$ws/sources/$source/overview" params={{ ws, source: source.slug }}>
                    {source.name}
                  </Link>
                </>
              )}
            </span>
          </span>
        }
      >
        <Switch
          on={destination.enabled}
          what={`Deliver to ${destination.name}`}
          busy={turn.isPending}
          disabled={!!refused}
          onChange={(enabled) => turn.mutate({ destination, enabled })}
        />
      </PageHead>
      <Tabs label={destination.name}>
        <Tab to="/w/$ws/destinations/$destination/overview" params={params}>
          Overview
        </Tab>
        <Tab to="/w/$ws/destinations/$destination/delivery" params={params}>
          Delivery
        </Tab>
        <Tab to="/w/$ws/destinations/$destination/filters" params={params}>
          Filters
        </Tab>
        {destination.metadata.actions.length > 0 && (
          <Tab to="/w/$ws/destinations/$destination/mappings" params={params}>
            Mappings
          </Tab>
        )}
        {kept && (
          <Tab to="/w/$ws/destinations/$destination/syncs" params={params}>
            Syncs
          </Tab>
        )}
        <Tab to="/w/$ws/destinations/$destination/replays" params={params}>
          Replay
        </Tab>
        <Tab to="/w/$ws/destinations/$destination/test" params={params}>
          Test
        </Tab>
        <Tab to="/w/$ws/destinations/$destination/settings" params={params}>
          Settings
        </Tab>
      </Tabs>
      {refused && <Refused>You see this destination, and cannot change it. {refused}</Refused>}
      <Outlet />
    </>
  )
}
