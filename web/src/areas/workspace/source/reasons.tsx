import { Link } from '@tanstack/react-router'
import { count } from '../../../kit/figures'
import type { Reason } from '../accounting'
import { reasonOf } from './debugger/reasons'
import css from './source.module.css'

/** Why messages were not taken, and how many; each leads to them in the Debugger. */
export function Reasons({ ws, source, of }: { ws: string; source: string; of: Reason[] }) {
  if (of.length === 0) return null
  return (
    <ul className={css.reasons}>
      {of.map(({ step, code, count: many }) => (
        <li key={`${step} ${code}`}>
          <Link
            to="/w/$ws/sources/$source/debugger"
            params={{ ws, source }}
            search={{ q: `reason:${code}` }}
            title={reasonOf(code).fix}
          >
            {code}
          </Link>{' '}
          <span>{count(many)}</span>
        </li>
      ))}
    </ul>
  )
}
