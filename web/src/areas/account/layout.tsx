import { usePathParts } from '../../shell/path-bar'
import { Shell } from '../../shell/shell'

/** The frame of the account's own pages. */
export function AccountLayout() {
  const parts = usePathParts('/account')
  return (
    <Shell
      rail={[
        {
          heading: 'account',
          links: [
            { label: 'Profile', link: { to: '/account' }, exact: true },
            { label: 'Security', link: { to: '/account/security' } },
            { label: 'Sessions', link: { to: '/account/sessions' } },
            { label: 'Personal tokens', link: { to: '/account/tokens' } },
          ],
        },
      ]}
      path={[{ label: 'account', link: { to: '/account' } }, ...parts]}
    />
  )
}
