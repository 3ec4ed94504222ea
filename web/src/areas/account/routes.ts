import { createRoute } from '@tanstack/react-router'
import { signedIn } from '../../shell/guard'
import { lazily } from '../../shell/lazily'
import { root } from '../../shell/root'

const layout = createRoute({
  getParentRoute: () => root,
  path: 'account',
  beforeLoad: signedIn,
  component: lazily(() => import('./layout'), 'AccountLayout'),
})
const profile = createRoute({
  getParentRoute: () => layout,
  path: '/',
  component: lazily(() => import('./profile'), 'Profile'),
})
const security = createRoute({
  getParentRoute: () => layout,
  path: 'security',
  component: lazily(() => import('./security'), 'Security'),
})
const sessions = createRoute({
  getParentRoute: () => layout,
  path: 'sessions',
  component: lazily(() => import('./sessions'), 'Sessions'),
})
const tokens = createRoute({
  getParentRoute: () => layout,
  path: 'tokens',
  component: lazily(() => import('./tokens'), 'PersonalTokens'),
})

/** The account's own pages. */
export const accountRoutes = layout.addChildren([profile, security, sessions, tokens])
