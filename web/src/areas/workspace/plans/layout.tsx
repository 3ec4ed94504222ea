import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Outlet } from '@tanstack/react-router'
import { ApiFailure } from '../../../api/client'
import { plural } from '../../../kit/figures'
import { Problem, Skeleton } from '../../../kit/loaded'
import { Body, Muted, PageHead, Refused, Tab, Tabs } from '../../../kit/page'
import { Time } from '../../../kit/time'
import { NotFound } from '../../../shell/failures'
import { planQuery, usePlanRefusal } from './data'

/** The frame of one tracking plan: what it is, its pages. */
export function PlanLayout() {
  const { ws, plan: slug } = getRouteApi('/w/$ws/tracking-plans/$plan').useParams()
  const query = useQuery(planQuery(ws, slug))
  const refused = usePlanRefusal(ws)
  const { error } = query
  if (!query.data) {
    if (error instanceof ApiFailure && [403, 404].includes(error.status)) return <NotFound />
    return <Body>{error ? <Problem error={error} retry={() => query.refetch()} /> : <Skeleton />}</Body>
  }
  const { plan } = query.data
  const params = { ws, plan: slug }
  return (
    <>
      <PageHead
        title={plan.name}
        badge={
          <Muted>
            {plural(plan.rules, 'rule')} · {plural(plan.sources, 'source')} · version {plan.revision} ·
            changed <Time at={plan.updatedAt} />
          </Muted>
        }
        sub={plan.description}
      />
      <Tabs label="Pages of the tracking plan">
        <Tab to="/w/$ws/tracking-plans/$plan/rules" params={params}>
          Rules
        </Tab>
        <Tab to="/w/$ws/tracking-plans/$plan/sources" params={params}>
          Sources
        </Tab>
        <Tab to="/w/$ws/tracking-plans/$plan/versions" params={params}>
          Versions
        </Tab>
        <Tab to="/w/$ws/tracking-plans/$plan/try" params={params}>
          Try
        </Tab>
        <Tab to="/w/$ws/tracking-plans/$plan/settings" params={params}>
          Settings
        </Tab>
      </Tabs>
      {refused && <Refused>You see this tracking plan, and cannot change it. {refused}</Refused>}
      <Outlet />
    </>
  )
}
