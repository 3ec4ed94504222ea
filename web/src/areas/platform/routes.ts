import { createRoute, redirect } from '@tanstack/react-router'
import * as v from 'valibot'
import { signedIn } from '../../shell/guard'
import { lazily } from '../../shell/lazily'
import { root } from '../../shell/root'

const word = v.optional(v.string())

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
  validateSearch: v.object({ show: word }),
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
  validateSearch: v.object({ show: word }),
  component: lazily(() => import('./reviews'), 'Reviews'),
})
const review = createRoute({
  getParentRoute: () => layout,
  path: 'reviews/$id',
  validateSearch: v.object({ tab: word, against: word }),
  component: lazily(() => import('./review'), 'ReviewPage'),
})
const catalog = createRoute({
  getParentRoute: () => layout,
  path: 'catalog',
  validateSearch: v.object({ q: word, status: word, history: word }),
  component: lazily(() => import('./catalog'), 'ManageCatalog'),
})
const mails = createRoute({
  getParentRoute: () => layout,
  path: 'mails',
  validateSearch: v.object({ to: word, mail: word }),
  component: lazily(() => import('./mails'), 'Mails'),
})
const accounts = createRoute({
  getParentRoute: () => layout,
  path: 'accounts',
  validateSearch: v.object({ q: word }),
  component: lazily(() => import('./accounts'), 'Accounts'),
})
const audit = createRoute({
  getParentRoute: () => layout,
  path: 'audit',
  validateSearch: v.object({ type: word, actor: word, resource: word, from: word, until: word }),
  component: lazily(() => import('./audit'), 'PlatformAudit'),
})
const system = createRoute({
  getParentRoute: () => layout,
  path: 'system',
  component: lazily(() => import('./system'), 'SystemPage'),
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
