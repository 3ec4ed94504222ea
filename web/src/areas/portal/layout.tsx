import { useQuery } from '@tanstack/react-query'
import { partnerQuery } from '../../api/queries'
import { Skeleton } from '../../kit/loaded'
import { NotFound } from '../../shell/failures'
import { usePathParts } from '../../shell/path-bar'
import { Shell } from '../../shell/shell'

/** The frame of the Developer Portal. To everybody outside a partner team there is no such page. */
export function PortalLayout() {
  const partner = useQuery(partnerQuery)
  const parts = usePathParts('/dev-portal')
  if (partner.isPending) return <Skeleton />
  if (!partner.data) return <NotFound />
  return (
    <Shell
      rail={[
        {
          heading: partner.data.name,
          links: [{ label: 'Integrations', link: { to: '/dev-portal/integrations' } }],
        },
      ]}
      path={[{ label: 'dev-portal', link: { to: '/dev-portal' } }, ...parts]}
    />
  )
}
