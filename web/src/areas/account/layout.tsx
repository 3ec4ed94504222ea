import { usePathParts } from '../../shell/path-bar'
import { Shell } from '../../shell/shell'

const RAIL = [
  { heading: 'account', links: [{ label: 'Profile', link: { to: '/account' }, exact: true }] },
] as const

/** The frame of the account's own pages. */
export function AccountLayout() {
  const parts = usePathParts('/account')
  return (
    <Shell
      rail={[...RAIL].map((group) => ({ ...group, links: [...group.links] }))}
      path={[{ label: 'account', link: { to: '/account' } }, ...parts]}
    />
  )
}
