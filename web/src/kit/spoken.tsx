import type { ReactNode } from 'react'
import css from './spoken.module.css'

/** Words for screen readers, where the eye has them from what stands around. */
export function Spoken({ children }: { children: ReactNode }) {
  return <span className={css.spoken}>{children}</span>
}
