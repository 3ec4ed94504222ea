import { createRouter, stringifySearchWith } from '@tanstack/react-router'
import { accountRoutes } from './areas/account/routes'
import { platformRoutes } from './areas/platform/routes'
import { portalRoutes } from './areas/portal/routes'
import { publicRoutes } from './areas/public/routes'
import { workspaceRoutes } from './areas/workspace/routes'
import { Crashed, NotFound } from './shell/failures'
import { root } from './shell/root'

/** Every page, by area. */
export const router = createRouter({
  routeTree: root.addChildren([publicRoutes, accountRoutes, portalRoutes, workspaceRoutes, platformRoutes]),
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: Crashed,
  scrollRestoration: true,
  // Values in the address are plain words, never JSON, also where they look like a number or a truth.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: stringifySearchWith(String),
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
