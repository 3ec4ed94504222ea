import { createRoute, redirect } from '@tanstack/react-router'
import * as v from 'valibot'
import { signedIn } from '../../shell/guard'
import { lazily } from '../../shell/lazily'
import { root } from '../../shell/root'

const layout = createRoute({
  getParentRoute: () => root,
  path: 'dev-portal',
  beforeLoad: signedIn,
  component: lazily(() => import('./layout'), 'PortalLayout'),
})
const index = createRoute({
  getParentRoute: () => layout,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/dev-portal/integrations' })
  },
})
const integrations = createRoute({
  getParentRoute: () => layout,
  path: 'integrations',
  // The row that was made just now.
  validateSearch: v.object({ made: v.optional(v.string()) }),
  component: lazily(() => import('./integrations'), 'Integrations'),
})
const integrationsNewSource = createRoute({
  getParentRoute: () => layout,
  path: 'integrations/new/source',
  component: lazily(() => import('./new-source'), 'NewSource'),
})
const integration = createRoute({
  getParentRoute: () => layout,
  path: 'integrations/$slug',
  // The field that a link is about, as a JSON pointer into the catalog info.
  validateSearch: v.object({ field: v.optional(v.string()) }),
  component: lazily(() => import('./integration/layout'), 'IntegrationLayout'),
})
const integrationIndex = createRoute({
  getParentRoute: () => integration,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/dev-portal/integrations/$slug/overview', params })
  },
})
const integrationOverview = createRoute({
  getParentRoute: () => integration,
  path: 'overview',
  component: lazily(() => import('./integration/overview'), 'IntegrationOverview'),
})
const integrationCatalogInfo = createRoute({
  getParentRoute: () => integration,
  path: 'catalog-info',
  component: lazily(() => import('./integration/catalog-info'), 'CatalogInfo'),
})
const integrationEvents = createRoute({
  getParentRoute: () => integration,
  path: 'events',
  component: lazily(() => import('./integration/events'), 'DeclaredEvents'),
})
const integrationDocumentation = createRoute({
  getParentRoute: () => integration,
  path: 'documentation',
  component: lazily(() => import('./integration/documentation'), 'Documentation'),
})
const integrationSetup = createRoute({
  getParentRoute: () => integration,
  path: 'setup',
  component: lazily(() => import('./integration/setup'), 'SetupFields'),
})
const integrationTest = createRoute({
  getParentRoute: () => integration,
  path: 'test',
  component: lazily(() => import('./integration/test'), 'TestSource'),
})
const integrationReview = createRoute({
  getParentRoute: () => integration,
  path: 'review',
  component: lazily(() => import('./integration/review'), 'ReviewRounds'),
})
const integrationHistory = createRoute({
  getParentRoute: () => integration,
  path: 'history',
  component: lazily(() => import('./integration/history'), 'IntegrationHistory'),
})
const integrationSettings = createRoute({
  getParentRoute: () => integration,
  path: 'settings',
  component: lazily(() => import('./integration/settings'), 'IntegrationSettings'),
})
const team = createRoute({
  getParentRoute: () => layout,
  path: 'team',
  component: lazily(() => import('./team'), 'PartnerTeam'),
})
const audit = createRoute({
  getParentRoute: () => layout,
  path: 'audit',
  // Only of the integration with this slug.
  validateSearch: v.object({ about: v.optional(v.string()) }),
  component: lazily(() => import('./audit'), 'PartnerAudit'),
})

/** Every page of this area. */
export const portalRoutes = layout.addChildren([
  index,
  integrations,
  integrationsNewSource,
  integration.addChildren([
    integrationIndex,
    integrationOverview,
    integrationCatalogInfo,
    integrationEvents,
    integrationDocumentation,
    integrationSetup,
    integrationTest,
    integrationReview,
    integrationHistory,
    integrationSettings,
  ]),
  team,
  audit,
])
