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

/** One of `Filters`. */
export const Filter = createLink(
  ({ ref, ...rest }: { ref?: Ref<HTMLAnchorElement> } & AnchorHTMLAttributes<HTMLAnchorElement>) => (
    <a {...rest} ref={ref} className={css.filter} />
  ),
)
