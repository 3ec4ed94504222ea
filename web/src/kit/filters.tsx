import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, ReactNode, Ref } from 'react'
import css from './filters.module.css'

/** Ways to narrow the list below, one of which holds; each is an address. Children are `Filter`s. */
export function Filters({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav className={css.filters} aria-label={label}>
      {children}
    </nav>
  )
}

/** One of a few ways to look at what is below; `on` says that it holds. */
export function Choice({ on, children, onClick }: { on: boolean; children: ReactNode; onClick: () => void }) {
  return (
    <button type="button" aria-pressed={on} className={css.filter} onClick={onClick}>
      {children}
    </button>
  )
}

/** One of `Filters`. */
export const Filter = createLink(
  ({ ref, ...rest }: { ref?: Ref<HTMLAnchorElement> } & AnchorHTMLAttributes<HTMLAnchorElement>) => (
    <a {...rest} ref={ref} className={css.filter} />
  ),
)
