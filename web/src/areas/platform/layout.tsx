import { useQuery } from '@tanstack/react-query'
import { accountQuery } from '../../api/queries'
import { NotFound } from '../../shell/failures'
import { usePathParts } from '../../shell/path-bar'
import { Shell } from '../../shell/shell'
import { openReviewsQuery, waitingQuery } from './queries'

/** The frame of Operations, for operators. */
export function PlatformLayout() {
  const account = useQuery(accountQuery).data
  const parts = usePathParts('/platform')
  const enabled = account?.operator === true
  const applications = useQuery({ ...waitingQuery, enabled }).data
  const reviews = useQuery({ ...openReviewsQuery, enabled }).data
  if (!enabled) return <NotFound />
  return (
    <Shell
      rail={[
        {
          heading: 'partners',
          links: [
            { label: 'Applications', link: { to: '/platform/applications' }, waiting: applications },
            { label: 'Reviews', link: { to: '/platform/reviews' }, waiting: reviews },
            { label: 'Catalog', link: { to: '/platform/catalog' } },
          ],
        },
        {
          heading: 'installation',
          links: [
            { label: 'Mails', link: { to: '/platform/mails' } },
            { label: 'Accounts', link: { to: '/platform/accounts' } },
            { label: 'Audit', link: { to: '/platform/audit' } },
            { label: 'System', link: { to: '/platform/system' } },
          ],
        },
      ]}
      path={[{ label: 'platform', link: { to: '/platform' } }, ...parts]}
    />
  )
}
