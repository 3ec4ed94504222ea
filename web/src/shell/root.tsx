import { createRootRoute, Outlet } from '@tanstack/react-router'
import { Proofs } from './proof'

/** The root of every page. */
export const root = createRootRoute({
  component: () => (
    <>
      <Outlet />
      <Proofs />
    </>
  ),
})
