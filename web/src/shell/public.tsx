import { useQuery } from '@tanstack/react-query'
import { Link, Outlet } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { accountQuery } from '../api/queries'
import { LinkButton } from '../kit/button'
import { useTitle } from '../kit/page'
import { Unencrypted } from './bars'
import { Brand } from './brand'
import { Finder } from './finder'
import css from './shell.module.css'
import { UserMenu } from './user-menu'

/** The frame of pages that anyone may open. */
export function PublicShell({ children }: { children?: ReactNode }): ReactNode {
  const account = useQuery(accountQuery)
  return (
    <div className={css.public}>
      <a href="#main" className={css.skip}>
        Skip to the content
      </a>
      <header className={css.publicBar}>
        <Brand />
        <nav aria-label="Site">
          <Link to="/catalog">Catalog</Link>
          <Link to="/partners">Partners</Link>
          {account.data ? (
            <>
              <Finder />
              <UserMenu />
            </>
          ) : (
            <LinkButton to="/login" small>
              Sign in
            </LinkButton>
          )}
        </nav>
      </header>
      <Unencrypted />
      <main id="main" tabIndex={-1}>
        {children ?? <Outlet />}
      </main>
    </div>
  )
}

/** A narrow page with one thing to do. */
export function Card({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title)
  return (
    <div className={css.card}>
      <h1>{title}</h1>
      {children}
    </div>
  )
}
