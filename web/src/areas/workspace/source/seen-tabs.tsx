import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { count } from '../../../kit/figures'
import { Filter, Filters } from '../../../kit/filters'
import { Muted, Toolbar } from '../../../kit/page'
import { sourceQuery } from '../data'
import { planQuery } from '../plans/data'
import { quarantineQuery } from './quarantine-data'

/** What the Schema page is made of, and the plan that the source is held to. */
export function SeenTabs({ ws, source }: { ws: string; source: string }) {
  const id = useQuery(sourceQuery(ws, source)).data?.trackingPlanId
  const plan = useQuery({ ...planQuery(ws, id ?? ''), enabled: !!id, retry: false }).data?.plan
  const waiting = useQuery({ ...quarantineQuery(ws, source), retry: false }).data?.messages ?? 0
  const params = { ws, source }
  return (
    <Toolbar>
      <Filters label="Parts of the schema">
        <Filter
          to="/w/$ws/sources/$source/schema"
          params={params}
          activeOptions={{ exact: true, includeSearch: false }}
        >
          Events
        </Filter>
        <Filter
          to="/w/$ws/sources/$source/schema/violations"
          params={params}
          activeOptions={{ includeSearch: false }}
        >
          Violations
        </Filter>
        <Filter to="/w/$ws/sources/$source/schema/quarantine" params={params}>
          Quarantine{waiting > 0 && ` · ${count(waiting)}`}
        </Filter>
      </Filters>
      <Muted>
        {plan ? (
          <>
            Connected tracking plan:{' '}
            <Link to="/w/$ws/tracking-plans/$plan/rules" params={{ ws, plan: plan.slug }}>
              {plan.name}
            </Link>
          </>
        ) : id ? (
          'Connected to a tracking plan that you may not see'
        ) : (
          <>
            No tracking plan is connected.{' '}
            <Link to="/w/$ws/tracking-plans" params={{ ws }}>
              Choose one
            </Link>
          </>
        )}{' '}
        ·{' '}
        <Link to="/w/$ws/sources/$source/settings" params={params} hash="schema-configuration">
          Schema configuration
        </Link>
      </Muted>
    </Toolbar>
  )
}
