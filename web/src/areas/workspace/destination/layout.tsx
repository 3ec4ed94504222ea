import { Outlet } from '@tanstack/react-router'

/** The head and tabs of one destination. */
export function DestinationLayout() {
  return <Outlet />
}
