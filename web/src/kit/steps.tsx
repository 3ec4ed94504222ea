import type { ReactNode } from 'react'
import { Spoken } from './spoken'
import css from './steps.module.css'

/** One thing to do. */
export interface Step {
  key: string
  title: ReactNode
  done: boolean
  /** Below the title, each in a `span`. */
  children: ReactNode
}

/** Things to do one after the other: those that are done are ticked, the first that is not stands out. */
export function Steps({ of }: { of: readonly Step[] }) {
  const first = of.findIndex((step) => !step.done)
  return (
    <ol className={css.steps}>
      {of.map(({ key, title, done, children }, at) => (
        <li key={key} data-done={done ? 'yes' : at === first ? 'now' : 'no'}>
          <strong>
            {title}
            {done && <Spoken> (done)</Spoken>}
          </strong>
          {children}
        </li>
      ))}
    </ol>
  )
}
