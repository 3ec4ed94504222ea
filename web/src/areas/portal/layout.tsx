import { useQuery } from '@tanstack/react-query'
import { partnerQuery, workspacesQuery } from '../../api/queries'
import { Skeleton } from '../../kit/loaded'
import { NotFound } from '../../shell/failures'
import { usePathParts } from '../../shell/path-bar'
import { Shell } from '../../shell/shell'
import { integrationsQuery, teamQuery } from './data'

/** The frame of the Developer Portal. To everybody outside a partner team there is no such page. */
export function PortalLayout() {
  const partner = useQuery(partnerQuery)
  const known = { enabled: !!partner.data }
  const integrations = useQuery({ ...integrationsQuery, ...known }).data
  const team = useQuery({ ...teamQuery, ...known }).data
  const workspaces = useQuery({ ...workspacesQuery, ...known }).data
  const parts = usePathParts('/dev-portal')
  if (partner.isPending) return <Skeleton />
  if (!partner.data) return <NotFound />
  return (
    <Shell
      rail={[
        {
          heading: partner.data.name,
          links: [
            {
              label: 'Integrations',
              link: { to: '/dev-portal/integrations' },
              count: integrations?.length,
            },
            { label: 'Team', link: { to: '/dev-portal/team' }, count: team?.members.length },
            { label: 'Audit', link: { to: '/dev-portal/audit' } },
          ],
        },
        {
          heading: 'your workspaces',
          links: [
            ...(workspaces ?? []).map(({ slug, name }) => ({
              label: name,
              link: { to: '/w/$ws' as const, params: { ws: slug } },
            })),
            { label: 'New workspace', link: { to: '/workspaces/new' as const } },
          ],
        },
      ]}
      path={[{ label: 'dev-portal', link: { to: '/dev-portal' } }, ...parts]}
    />
  )
}
