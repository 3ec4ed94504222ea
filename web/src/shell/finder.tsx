import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'
import { accountQuery, partnerQuery, queries } from '../api/queries'
import { LAST_WORKSPACE } from '../areas/public/home'
import { Key } from '../kit/key'
import { isShortcut } from '../kit/shortcuts'
import css from './shell.module.css'

const Palette = lazy(() => import('./palette').then((module) => ({ default: module.Palette })))
const Shortcuts = lazy(() => import('./shortcuts').then((module) => ({ default: module.Shortcuts })))

/** How long after `g` the second key may come. */
const PAUSE_MS = 1200

const apple = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? '')
/** What opens the palette, as it is written on the keys here. */
export const PALETTE_KEYS = apple ? '⌘K' : 'Ctrl K'

/** The workspace of an address of this app, else the one that was open last. */
export function workspaceOf(path: string): string | undefined {
  const [, area, ws] = path.split('/')
  if (area === 'w' && ws) return decodeURIComponent(ws)
  return localStorage.getItem(LAST_WORKSPACE) ?? undefined
}

/** Where the key after `g` leads, for whom it is. */
function placeOf(key: string, path: string): string | undefined {
  const ws = workspaceOf(path)
  const inside = (page: string) => ws && `/w/${encodeURIComponent(ws)}/${page}`
  switch (key) {
    case 's':
      return inside('sources')
    case 'd':
      return inside('destinations')
    case 'v':
      return inside('delivery')
    case 'c':
      return inside('catalog') ?? '/catalog'
    case 'i':
      return queries.getQueryData(partnerQuery.queryKey) ? '/dev-portal/integrations' : undefined
    case 'r':
      return queries.getQueryData(accountQuery.queryKey)?.operator ? '/platform/reviews' : undefined
  }
  return undefined
}

/** The button that opens the palette, and the keys that work on every page. */
export function Finder() {
  const router = useRouter()
  const [open, setOpen] = useState<'palette' | 'shortcuts'>()
  // Known when `g i` asks for it.
  useQuery(partnerQuery)
  useEffect(() => {
    let leading = 0
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey) && !event.shiftKey) {
        event.preventDefault()
        setOpen('palette')
        return
      }
      if (!isShortcut(event)) return
      if (event.key === '?') {
        event.preventDefault()
        setOpen('shortcuts')
      } else if (event.key === 'g') {
        leading = event.timeStamp
      } else if (leading && event.timeStamp - leading < PAUSE_MS) {
        leading = 0
        const to = placeOf(event.key, router.state.location.pathname)
        if (!to) return
        event.preventDefault()
        router.history.push(to)
      } else leading = 0
    }
    // Before the page's own keys: what comes after `g` is none of them.
    addEventListener('keydown', press, true)
    return () => removeEventListener('keydown', press, true)
  }, [router])
  const close = () => setOpen(undefined)
  return (
    <>
      <button
        type="button"
        className={css.find}
        aria-label="Find a page or an object"
        aria-keyshortcuts="Control+K Meta+K"
        onClick={() => setOpen('palette')}
      >
        <Key>{PALETTE_KEYS}</Key>
      </button>
      <Suspense>
        {open === 'palette' && <Palette close={close} shortcuts={() => setOpen('shortcuts')} />}
        {open === 'shortcuts' && <Shortcuts close={close} />}
      </Suspense>
    </>
  )
}
