import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { api, read } from '../api/client'
import { accountQuery, partnerQuery, workspacesQuery } from '../api/queries'
import { type Choices, Menu } from '../kit/menu'
import { toast } from '../kit/toast'
import css from './shell.module.css'
import { chooseTheme, type Theme, useTheme } from './theme'

const THEMES: Record<Theme, string> = { system: 'As the system', light: 'Light', dark: 'Dark' }

/** The account's own menu, top right: workspaces, the portal for partners, operations for operators. */
export function UserMenu() {
  const account = useQuery(accountQuery).data
  const workspaces = useQuery({ ...workspacesQuery, enabled: !!account }).data
  const partner = useQuery({ ...partnerQuery, enabled: !!account }).data
  const theme = useTheme()
  const client = useQueryClient()
  const router = useRouter()
  if (!account) return null

  const signOut = async () => {
    await read(api.DELETE('/sessions/current'))
    client.clear()
    await router.navigate({ to: '/login' })
    toast('You are signed out')
  }
  const groups: Choices[] = [
    {
      heading: 'Workspaces',
      choices: [
        ...(workspaces ?? []).map(({ slug, name }) => ({ label: name, hint: slug, href: `/w/${slug}` })),
        { label: 'New workspace', href: '/workspaces/new' },
      ],
    },
    {
      heading: 'Platform',
      choices: [
        partner
          ? { label: 'Developer Portal', hint: partner.name, href: '/dev-portal/integrations' }
          : { label: 'Become a partner', href: '/partner/application' },
        ...(account.operator ? [{ label: 'Operations', href: '/platform/applications' }] : []),
      ],
    },
    {
      heading: 'Theme',
      choices: (Object.keys(THEMES) as Theme[]).map((each) => ({
        label: each === theme ? `${THEMES[each]} ✓` : THEMES[each],
        run: () => chooseTheme(each),
      })),
    },
    {
      heading: account.email,
      choices: [
        { label: 'Account', href: '/account' },
        { label: 'Sign out', run: () => void signOut() },
      ],
    },
  ]
  const initials = (account.name || account.email)
    .split(/[\s@.]+/)
    .slice(0, 2)
    .map((part) => part[0]?.toUpperCase())
    .join('')
  return (
    <Menu label="Account" className={css.avatar} groups={groups}>
      {initials}
    </Menu>
  )
}
