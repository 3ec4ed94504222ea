import { createRoute, redirect } from '@tanstack/react-router'
import { signedIn } from '../../shell/guard'
import { lazily } from '../../shell/lazily'
import { root } from '../../shell/root'

const layout = createRoute({
  getParentRoute: () => root,
  path: 'platform',
  beforeLoad: signedIn,
  component: lazily(() => import('./layout'), 'PlatformLayout'),
})
const index = createRoute({
  getParentRoute: () => layout,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/platform/applications' })
  },
})
const applications = createRoute({
  getParentRoute: () => layout,
  path: 'applications',
  component: lazily(() => import('./applications'), 'Applications'),
})
const application = createRoute({
  getParentRoute: () => layout,
  path: 'applications/$id',
  component: lazily(() => import('./application'), 'ApplicationPage'),
})
const reviews = createRoute({
  getParentRoute: () => layout,
  path: 'reviews',
  component: lazily(() => import('./reviews'), 'Reviews'),
})
const review = createRoute({
  getParentRoute: () => layout,
  path: 'reviews/$id',
  component: lazily(() => import('./review'), 'ReviewPage'),
})
const catalog = createRoute({
  getParentRoute: () => layout,
  path: 'catalog',
  component: lazily(() => import('./catalog'), 'ManageCatalog'),
})
const mails = createRoute({
  getParentRoute: () => layout,
  path: 'mails',
  component: lazily(() => import('./mails'), 'Mails'),
})
const accounts = createRoute({
  getParentRoute: () => layout,
  path: 'accounts',
  component: lazily(() => import('./accounts'), 'Accounts'),
})
const audit = createRoute({
  getParentRoute: () => layout,
  path: 'audit',
  component: lazily(() => import('./audit'), 'PlatformAudit'),
})
const system = createRoute({
  getParentRoute: () => layout,
  path: 'system',
  component: lazily(() => import('./system'), 'System'),
})

/** Every page of this area. */
export const platformRoutes = layout.addChildren([
  index,
  applications,
  application,
  reviews,
  review,
  catalog,
  mails,
  accounts,
  audit,
  system,
])
