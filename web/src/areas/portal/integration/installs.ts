import { useQuery } from '@tanstack/react-query'
import { workspacesQuery } from '../../../api/queries'
import { type Install, installsQuery } from '../data'
import { type Arrival, arrivalsQuery } from './arrivals'

/** Where the integration was added, among one's workspaces; and those workspaces. */
export function useInstalls(slug: string) {
  const workspaces = useQuery(workspacesQuery)
  const installs = useQuery({
    ...installsQuery(slug, workspaces.data ?? []),
    enabled: !!workspaces.data,
    refetchInterval: 10_000,
  })
  return { workspaces: workspaces.data ?? [], installs }
}

/** What arrived in them. */
export function useArrivals(slug: string, installs: Install[] | undefined): Arrival[] | undefined {
  return useQuery({ ...arrivalsQuery(slug, installs ?? []), enabled: !!installs }).data
}
