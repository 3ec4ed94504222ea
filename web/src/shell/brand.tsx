import { Link } from '@tanstack/react-router'
import css from './shell.module.css'

/** The mark and the name; leads home. */
export function Brand() {
  return (
    <Link to="/" className={css.brand!}>
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
        <path d="M1 9h2v5H1zM5 5h2v9H5zM9 7h2v7H9zM13 2h2v12h-2z" />
      </svg>
      Headwater
    </Link>
  )
}
