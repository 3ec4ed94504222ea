import { lazyRouteComponent, type RouteComponent } from '@tanstack/react-router'

/**
 * A page that is loaded when it is opened. The module's type is not looked at: pages speak of the router's type, which is
 * made of the routes, and would otherwise stand for itself.
 */
export function lazily(load: () => Promise<unknown>, name: string): RouteComponent {
  return lazyRouteComponent(
    load as () => Promise<Record<string, () => null>>,
    name,
  ) as unknown as RouteComponent
}
