import { useRouterState } from '@tanstack/react-router'
import type { PathPart } from './shell'

/** The address below `base` as parts of the path bar, each leading to its own prefix. */
export function usePathParts(base: string): PathPart[] {
  const path = useRouterState({ select: (state) => state.location.pathname })
  if (!path.startsWith(base)) return []
  const words = path.slice(base.length).split('/').filter(Boolean)
  return words.map((word, at) => ({
    label: decodeURIComponent(word),
    link: { to: [base.replace(/\/$/, ''), ...words.slice(0, at + 1)].join('/') as '/' },
  }))
}
