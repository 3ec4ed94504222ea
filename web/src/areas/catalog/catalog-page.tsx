import { useQuery } from '@tanstack/react-query'
import { Link, type LinkProps } from '@tanstack/react-router'
import { type KeyboardEvent, type ReactNode, useState } from 'react'
import { BetaBadge } from '../../kit/badge'
import { Button } from '../../kit/button'
import { Search } from '../../kit/fields'
import { plural } from '../../kit/figures'
import { Loaded } from '../../kit/loaded'
import { Logo } from '../../kit/logo'
import { Body, Empty, PageHead, useTitle } from '../../kit/page'
import css from './catalog.module.css'
import {
  catalogQuery,
  categoriesOf,
  type Entry,
  type Filter,
  filtered,
  firstLine,
  isBeta,
  type Kind,
} from './entries'

/** A place in the app. */
export type Place = Pick<LinkProps, 'to' | 'params' | 'search'>

/** What the address of a catalog says. */
export interface CatalogSearch extends Filter {
  /** `destinations`; sources when left out. */
  kind?: string
}

/** Which kind an address is about. */
export const kindOf = (search: { kind?: string }): Kind =>
  search.kind === 'destinations' ? 'destinations' : 'sources'

/** The catalog: what there is, narrowed by the address. */
export function CatalogPage({
  search,
  here,
  onSearch,
  entry,
  added,
  where,
  note,
}: {
  search: CatalogSearch
  /** This catalog with another search. */
  here: (search: CatalogSearch) => Place
  /** Replaces what is in the address, while somebody types. */
  onSearch: (search: CatalogSearch) => void
  /** The page of an entry. */
  entry: (kind: Kind, slug: string) => Place
  /** How many of an entry are in this workspace. */
  added?: (kind: Kind, id: string) => number
  /** The workspace, for the window's title. */
  where?: string
  note?: ReactNode
}) {
  const kind = kindOf(search)
  useTitle('Catalog', where)
  const catalog = useQuery(catalogQuery(kind))
  const [open, setOpen] = useState(false)
  const { kind: _, ...filter } = search
  const narrowed = Object.values(filter).some(Boolean)
  const bare: CatalogSearch = { kind: search.kind }
  const singular = kind === 'sources' ? 'source' : 'destination'

  return (
    <>
      <PageHead
        title="Catalog"
        sub={
          kind === 'sources'
            ? 'Where events come from: websites, servers, and products of others that send events by themselves.'
            : 'Where events go once they have arrived.'
        }
      >
        <nav className={css.switch} aria-label="Kind">
          <Link {...here({})} aria-current={kind === 'sources' ? 'page' : undefined} activeOptions={WHOLE}>
            Sources
          </Link>
          <Link
            {...here({ kind: 'destinations' })}
            aria-current={kind === 'destinations' ? 'page' : undefined}
            activeOptions={WHOLE}
          >
            Destinations
          </Link>
        </nav>
      </PageHead>
      <Body>
        {note}
        <Loaded query={catalog} rows={6}>
          {(entries) => {
            const shown = filtered(entries, filter)
            const fresh = entries.filter((one) => one.noteworthy)
            const betas = entries.filter(isBeta).length
            return (
              <div className={css.layout}>
                <div>
                  <div className={css.filters}>
                    <Button
                      aria-expanded={open}
                      aria-controls="catalog-filters"
                      onClick={() => setOpen(!open)}
                    >
                      {open ? 'Hide filters' : 'Filters'}
                    </Button>
                  </div>
                  <nav
                    id="catalog-filters"
                    className={css.side}
                    aria-label="Filters"
                    data-open={open || undefined}
                  >
                    {(fresh.length > 0 || betas > 0) && (
                      <>
                        <h2>stage</h2>
                        <ul>
                          {fresh.length > 0 && (
                            <Choice
                              to={here({ ...search, group: filter.group === 'new' ? undefined : 'new' })}
                              on={filter.group === 'new'}
                              label="New & Noteworthy"
                              count={fresh.length}
                            />
                          )}
                          {betas > 0 && (
                            <Choice
                              to={here({ ...search, stage: filter.stage === 'beta' ? undefined : 'beta' })}
                              on={filter.stage === 'beta'}
                              label="β Beta"
                              count={betas}
                            />
                          )}
                        </ul>
                      </>
                    )}
                    <h2>category</h2>
                    <ul>
                      <Choice
                        to={here({ ...search, category: undefined })}
                        on={!filter.category}
                        label="All"
                        count={entries.length}
                      />
                      {categoriesOf(entries).map(({ name, slug, count }) => (
                        <Choice
                          key={slug}
                          to={here({ ...search, category: slug })}
                          on={filter.category === slug}
                          label={name}
                          count={count}
                        />
                      ))}
                    </ul>
                  </nav>
                </div>
                <div className={css.main}>
                  <div className={css.bar}>
                    <Search
                      label={`Search ${kind}`}
                      placeholder={`Search ${kind}`}
                      value={filter.q ?? ''}
                      onChange={(q) => onSearch({ ...search, q: q || undefined })}
                    />
                    {narrowed && <Link {...here(bare)}>Clear filters</Link>}
                    <span role="status">{plural(shown.length, singular)}</span>
                  </div>
                  {!narrowed && fresh.length > 0 && (
                    <section className={css.fresh}>
                      <h2>New &amp; Noteworthy</h2>
                      <ul>
                        {fresh.slice(0, 6).map((one) => (
                          <li key={one.id}>
                            <Link {...entry(kind, one.slug)}>
                              <Logo name={one.name} src={one.logos.mark ?? one.logos.default} size={20} />
                              {one.name}
                            </Link>
                          </li>
                        ))}
                      </ul>
                    </section>
                  )}
                  {shown.length === 0 ? (
                    <Empty title={narrowed ? `No ${singular} matches` : `The catalog has no ${kind} yet`}>
                      <p>
                        {narrowed
                          ? 'Try fewer words, another category, or look in all of them.'
                          : 'What partners publish will be here.'}
                      </p>
                      {narrowed && <Link {...here(bare)}>Show all {kind}</Link>}
                    </Empty>
                  ) : (
                    <ul className={css.tiles} onKeyDown={walk}>
                      {shown.map((one) => (
                        <li key={one.id}>
                          <Tile entry={one} to={entry(kind, one.slug)} added={added?.(kind, one.id) ?? 0} />
                        </li>
                      ))}
                    </ul>
                  )}
                </div>
              </div>
            )
          }}
        </Loaded>
      </Body>
    </>
  )
}

// Links differ in their search only: just the very same one is current.
const WHOLE = { exact: true, includeSearch: true } as const

function Choice({ to, on, label, count }: { to: Place; on: boolean; label: string; count: number }) {
  return (
    <li>
      <Link {...to} replace resetScroll={false} aria-current={on ? 'true' : undefined} activeOptions={WHOLE}>
        {label} <span>{count}</span>
      </Link>
    </li>
  )
}

function Tile({ entry, to, added }: { entry: Entry; to: Place; added: number }) {
  return (
    <Link {...to} className={css.tile!}>
      <Logo name={entry.name} src={entry.logos.mark ?? entry.logos.default} />
      <span className={css.title}>
        <strong>{entry.name}</strong>
        <BetaBadge status={entry.status} />
      </span>
      <span className={css.maker}>
        {makerOf(entry)}
        {added > 0 && <span className={css.added}>✓ {added === 1 ? 'added' : `${added} added`}</span>}
      </span>
      <span className={css.line}>{firstLine(entry.description)}</span>
    </Link>
  )
}

/** Who stands behind an entry. */
export const makerOf = ({ partnerOwned }: Pick<Entry, 'partnerOwned'>) =>
  partnerOwned ? 'Partner owned' : 'Built in'

/** Arrow keys, j and k go from tile to tile. */
function walk(event: KeyboardEvent<HTMLUListElement>) {
  const links = [...event.currentTarget.querySelectorAll('a')]
  const at = links.indexOf(document.activeElement as HTMLAnchorElement)
  const here = links[at]
  if (!here || event.ctrlKey || event.metaKey || event.altKey) return
  const row = links.filter((link) => link.offsetTop === here.offsetTop).length
  const step = { ArrowRight: 1, j: 1, ArrowLeft: -1, k: -1, ArrowDown: row, ArrowUp: -row }[event.key]
  const next = step === undefined ? undefined : links[at + step]
  if (!next) return
  event.preventDefault()
  next.focus()
}
