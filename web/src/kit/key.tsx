import type { ReactNode } from 'react'
import css from './key.module.css'

/** A key to press. */
export function Key({ children }: { children: ReactNode }) {
  return <kbd className={css.key}>{children}</kbd>
}
