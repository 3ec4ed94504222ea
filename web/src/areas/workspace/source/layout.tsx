import { Outlet } from '@tanstack/react-router'

/** The head and tabs of one source. */
export function SourceLayout() {
  return <Outlet />
}
