import { Link, type LinkProps, Outlet, useRouterState } from '@tanstack/react-router'
import { Fragment, type ReactNode, useEffect, useState } from 'react'
import { compact } from '../kit/figures'
import { Spoken } from '../kit/spoken'
import { Bars } from './bars'
import { Brand } from './brand'
import { Finder } from './finder'
import css from './shell.module.css'
import { UserMenu } from './user-menu'

/** A link in the rail. */
export interface RailLink {
  label: string
  link: Pick<LinkProps, 'to' | 'params' | 'search'>
  /** Only current on this very page, not on those below it. */
  exact?: boolean
  /** How many there are behind it. */
  count?: number
  /** How many wait there to be dealt with; nothing is shown of none. */
  waiting?: number
}

/** A part of the path bar: a word that leads somewhere, or a control of its own (a switcher). */
export type PathPart = { label: string; link?: Pick<LinkProps, 'to' | 'params'> } | { control: ReactNode }

/** The frame of the signed-in areas: rail, path bar, page. */
export function Shell({
  rail,
  path,
  children,
}: {
  rail: { heading?: string; links: RailLink[] }[]
  path: PathPart[]
  children?: ReactNode
}) {
  const [open, setOpen] = useState(false)
  const address = useRouterState({ select: (state) => state.location.pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: closes when the page changes.
  useEffect(() => setOpen(false), [address])
  return (
    <div className={css.shell}>
      <a href="#main" className={css.skip}>
        Skip to the content
      </a>
      <nav id="rail" className={css.rail} aria-label="Area" data-open={open || undefined}>
        <Brand />
        {rail.map(({ heading, links }) => (
          <Fragment key={heading ?? links[0]?.label}>
            {heading && <h2>{heading}</h2>}
            <ul>
              {links.map(({ label, link, exact, count, waiting }) => (
                <li key={label}>
                  <Link {...link} activeOptions={{ exact: exact ?? false, includeSearch: false }}>
                    {label}
                    {count !== undefined && <span className={css.railCount}>{count}</span>}
                    {!!waiting && (
                      <span className={css.waiting}>
                        {compact(waiting)} <Spoken>waiting</Spoken>
                      </span>
                    )}
                  </Link>
                </li>
              ))}
            </ul>
          </Fragment>
        ))}
      </nav>
      <div className={css.main}>
        <header className={css.bar}>
          <button
            type="button"
            className={css.menuButton}
            aria-label="Menu"
            aria-expanded={open}
            aria-controls="rail"
            onClick={() => setOpen(!open)}
          >
            ☰
          </button>
          <nav className={css.path} aria-label="Path">
            {path.map((part, at) => (
              <Fragment key={'control' in part ? at : part.label}>
                {at > 0 && <span aria-hidden>/</span>}
                {'control' in part ? (
                  part.control
                ) : part.link && at < path.length - 1 ? (
                  <Link {...part.link} activeOptions={{ exact: true }}>
                    {part.label}
                  </Link>
                ) : (
                  <span aria-current={at === path.length - 1 ? 'page' : undefined}>{part.label}</span>
                )}
              </Fragment>
            ))}
          </nav>
          <div className={css.end}>
            <Finder />
            <UserMenu />
          </div>
        </header>
        <Bars />
        <main id="main" tabIndex={-1}>
          {children ?? <Outlet />}
        </main>
      </div>
    </div>
  )
}
