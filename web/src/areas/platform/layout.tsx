import { useQuery } from '@tanstack/react-query'
import { accountQuery } from '../../api/queries'
import { NotFound } from '../../shell/failures'
import { usePathParts } from '../../shell/path-bar'
import { Shell } from '../../shell/shell'

/** The frame of Operations, for operators. */
export function PlatformLayout() {
  const account = useQuery(accountQuery).data
  const parts = usePathParts('/platform')
  if (!account?.operator) return <NotFound />
  return (
    <Shell
      rail={[
        { heading: 'operations', links: [{ label: 'Applications', link: { to: '/platform/applications' } }] },
      ]}
      path={[{ label: 'platform', link: { to: '/platform' } }, ...parts]}
    />
  )
}
