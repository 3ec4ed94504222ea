import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { LinkButton } from '../../../kit/button'
import { Search } from '../../../kit/fields'
import { count } from '../../../kit/figures'
import { Loaded } from '../../../kit/loaded'
import { Body, Empty, Muted, PageHead, Toolbar, useTitle } from '../../../kit/page'
import { Name, Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { plansQuery, usePlanRefusal } from './data'

/** Every tracking plan of the workspace. */
export function TrackingPlans() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const { q = '' } = getRouteApi('/w/$ws/tracking-plans').useSearch()
  const navigate = useNavigate({ from: '/w/$ws/tracking-plans' })
  const list = useQuery(plansQuery(ws))
  const refused = usePlanRefusal(ws)
  useTitle('Tracking plans', ws)
  const words = q.trim().toLowerCase()
  return (
    <>
      <PageHead title="Tracking plans" sub="Which events your sources may send, and what they look like.">
        {list.data !== null && !refused && (
          <LinkButton look="primary" to="/w/$ws/tracking-plans/new" params={{ ws }}>
            New tracking plan
          </LinkButton>
        )}
      </PageHead>
      <Body>
        <Loaded query={list}>
          {(plans) =>
            plans === null ? (
              <Empty title="You may not see tracking plans">
                <p>
                  An owner of the workspace can give you the role Tracking Plan Read-only or Tracking Plan
                  Admin.
                </p>
              </Empty>
            ) : plans.length === 0 ? (
              <Empty title="No tracking plans yet">
                <p>
                  A tracking plan names the events of a source and their properties. Connect it, and every
                  message is held to it: you see what breaks it, and choose whether that goes on, loses the
                  property, is blocked, or waits in quarantine.
                </p>
                {refused ? (
                  <p>{refused}</p>
                ) : (
                  <LinkButton to="/w/$ws/tracking-plans/new" params={{ ws }}>
                    Make a tracking plan
                  </LinkButton>
                )}
              </Empty>
            ) : (
              <>
                <Toolbar>
                  <Search
                    label="Search tracking plans"
                    placeholder="Name or slug"
                    value={q}
                    onChange={(next) => void navigate({ search: { q: next || undefined }, replace: true })}
                  />
                </Toolbar>
                <Table
                  label="Tracking plans"
                  rows={plans.filter(({ name, slug }) => `${name} ${slug}`.toLowerCase().includes(words))}
                  id={({ id }) => id}
                  columns={[
                    {
                      head: 'tracking plan',
                      cell: (plan) => (
                        <Name below={plan.slug}>
                          <Link to="/w/$ws/tracking-plans/$plan/rules" params={{ ws, plan: plan.slug }}>
                            {plan.name}
                          </Link>
                        </Name>
                      ),
                    },
                    { head: 'description', cell: ({ description }) => <Muted>{description}</Muted> },
                    { head: 'rules', number: true, cell: ({ rules }) => count(rules) },
                    { head: 'sources', number: true, cell: ({ sources }) => count(sources) },
                    { head: 'version', number: true, cell: ({ revision }) => count(revision) },
                    { head: 'updated', cell: ({ updatedAt }) => <Time at={updatedAt} /> },
                  ]}
                />
              </>
            )
          }
        </Loaded>
      </Body>
    </>
  )
}
