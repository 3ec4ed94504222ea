import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ApiFailure } from '../../api/client'
import { workspaceQuery, workspacesQuery } from '../../api/queries'
import { Button } from '../../kit/button'
import { Problem } from '../../kit/loaded'
import { Menu } from '../../kit/menu'
import { Body, Empty, PageHead } from '../../kit/page'
import { NotFound } from '../../shell/failures'
import { usePathParts } from '../../shell/path-bar'
import { type RailLink, Shell } from '../../shell/shell'
import { LAST_WORKSPACE } from '../public/home'
import { plansQuery } from './plans/data'

/** The frame of a workspace's pages. */
export function WorkspaceLayout() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const workspace = useQuery(workspaceQuery(ws))
  // Whoever may not see tracking plans is not told of them.
  const plans = useQuery({ ...plansQuery(ws), staleTime: 60_000, enabled: workspace.data !== undefined }).data
  const parts = usePathParts(`/w/${ws}`)
  const found = workspace.data !== undefined
  useEffect(() => {
    if (found) localStorage.setItem(LAST_WORKSPACE, ws)
  }, [ws, found])
  const { error } = workspace
  if (error && !workspace.data) {
    const unverified = error instanceof ApiFailure && error.has('email_not_verified')
    if (error instanceof ApiFailure && [403, 404].includes(error.status) && !unverified) return <NotFound />
    return (
      <Shell rail={rail(ws, false)} path={[{ control: <Switcher ws={ws} /> }]}>
        {unverified ? (
          <>
            <PageHead title={ws} />
            <Body>
              <Empty title="This workspace opens once your address is verified">
                <p>Follow the link in the mail that we sent you, then come back to this page.</p>
                <Button onClick={() => void workspace.refetch()}>Try again</Button>
              </Empty>
            </Body>
          </>
        ) : (
          <Body>
            <Problem error={error} retry={() => void workspace.refetch()} />
          </Body>
        )}
      </Shell>
    )
  }
  return (
    <Shell
      rail={rail(ws, !!plans)}
      path={[
        { control: <Switcher ws={ws} /> },
        // "settings" is a heading of the rail, not a page.
        ...parts.map((part, at) =>
          at === 0 && 'label' in part && part.label === 'settings' ? { label: part.label } : part,
        ),
      ]}
    />
  )
}

function rail(ws: string, plans: boolean): { heading?: string; links: RailLink[] }[] {
  const params = { ws }
  const protocols = {
    heading: 'Protocols',
    links: [{ label: 'Tracking plans', link: { to: '/w/$ws/tracking-plans', params } as const }],
  }
  return [
    {
      links: [
        { label: 'Overview', link: { to: '/w/$ws', params }, exact: true },
        { label: 'Sources', link: { to: '/w/$ws/sources', params } },
        { label: 'Destinations', link: { to: '/w/$ws/destinations', params } },
        { label: 'Catalog', link: { to: '/w/$ws/catalog', params } },
        { label: 'Delivery', link: { to: '/w/$ws/delivery', params } },
        { label: 'Alerts', link: { to: '/w/$ws/alerts', params } },
      ],
    },
    ...(plans ? [protocols] : []),
    {
      heading: 'Settings',
      links: [
        { label: 'General', link: { to: '/w/$ws/settings/general', params } },
        { label: 'Members', link: { to: '/w/$ws/settings/members', params } },
        { label: 'Tokens', link: { to: '/w/$ws/settings/tokens', params } },
        { label: 'Labels', link: { to: '/w/$ws/settings/labels', params } },
        { label: 'Audit trail', link: { to: '/w/$ws/settings/audit', params } },
      ],
    },
  ]
}

/** The workspace in the path bar: which one this is, and the way to the others. */
function Switcher({ ws }: { ws: string }) {
  const workspaces = useQuery(workspacesQuery).data ?? []
  return (
    <Menu
      label={`Workspace ${ws}: switch`}
      groups={[
        {
          heading: 'Workspaces',
          choices: workspaces.map(({ slug, name }) => ({
            label: slug === ws ? `${name} ✓` : name,
            hint: slug,
            href: `/w/${slug}`,
          })),
        },
        { choices: [{ label: 'New workspace', href: '/workspaces/new' }] },
      ]}
    >
      {ws} <span aria-hidden>▾</span>
    </Menu>
  )
}
