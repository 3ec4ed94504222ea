import { useRouterState } from '@tanstack/react-router'
import type { PathPart } from './shell'

/** An id shortened in the middle: nobody reads it, and what comes behind it is to be seen. */
const shortened = (word: string) =>
  /^[a-z]{2,4}_\w{12,}$/.test(word) ? `${word.slice(0, 8)}…${word.slice(-4)}` : word

/** The address below `base` as parts of the path bar, each leading to its own prefix. */
export function usePathParts(base: string): PathPart[] {
  const path = useRouterState({ select: (state) => state.location.pathname })
  if (!path.startsWith(base)) return []
  const words = path.slice(base.length).split('/').filter(Boolean)
  return words.map((word, at) => ({
    label: shortened(decodeURIComponent(word)),
    link: { to: [base.replace(/\/$/, ''), ...words.slice(0, at + 1)].join('/') as '/' },
  }))
}
