import { createRootRoute, Outlet } from '@tanstack/react-router'

/** The root of every page. */
export const root = createRootRoute({ component: Outlet })
