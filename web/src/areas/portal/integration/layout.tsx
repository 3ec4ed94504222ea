import { Outlet } from '@tanstack/react-router'

/** The head and tabs of one integration. */
export function IntegrationLayout() {
  return <Outlet />
}
