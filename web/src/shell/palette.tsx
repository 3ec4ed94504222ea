import { useQueries, useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { Fragment, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { Dialog as AriaDialog, Modal, ModalOverlay } from 'react-aria-components'
import { ApiFailure, api, inWorkspace, read } from '../api/client'
import { accountQuery, partnerQuery, workspacesQuery } from '../api/queries'
import { find, pasted, type Target } from './find'
import { workspaceOf } from './finder'
import css from './palette.module.css'
import { chooseTheme } from './theme'

const sourcesQuery = (ws: string) => ({
  queryKey: ['w', ws, 'palette', 'sources'],
  staleTime: 30_000,
  queryFn: async () =>
    (
      await read(
        api.GET('/sources', {
          params: { header: inWorkspace(ws), query: { 'pagination.count': 1000 } },
        }),
      )
    ).sources,
})

const destinationsQuery = (ws: string) => ({
  queryKey: ['w', ws, 'palette', 'destinations'],
  staleTime: 30_000,
  queryFn: async () =>
    (
      await read(
        api.GET('/destinations', {
          params: { header: inWorkspace(ws), query: { 'pagination.count': 1000 } },
        }),
      )
    ).destinations,
})

/** Finds pages, workspaces, sources, destinations and integrations by name, id or key, and does things. */
export function Palette({ close, shortcuts }: { close: () => void; shortcuts: () => void }) {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const router = useRouter()
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const targets = useTargets(text, shortcuts)
  const { message, looking } = useMessage(text, targets)
  const found = [...message, ...find(targets, text)].slice(0, 40)
  const chosen = Math.min(at, found.length - 1)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the chosen one is drawn by then.
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen, text])

  const choose = (target: Target | undefined) => {
    if (!target) return
    close()
    if (target.href) router.history.push(target.href)
    else target.run?.()
  }
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) {
      event.preventDefault()
      if (found.length > 0) setAt((chosen + step + found.length) % found.length)
    } else if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault()
      choose(found[chosen])
    }
  }
  return (
    <ModalOverlay className={css.overlay!} isOpen onOpenChange={(open) => !open && close()} isDismissable>
      <Modal className={css.modal!}>
        <AriaDialog className={css.dialog!} aria-label="Find a page or an object">
          <input
            className={css.input}
            role="combobox"
            aria-label="Find"
            aria-expanded
            aria-controls={`${id}-list`}
            aria-activedescendant={found.length > 0 ? `${id}-${chosen}` : undefined}
            aria-autocomplete="list"
            autoComplete="off"
            spellCheck={false}
            // biome-ignore lint/a11y/noAutofocus: a dialog that is for typing.
            autoFocus
            placeholder="A page, a source, a write key, an id…"
            value={text}
            onChange={(event) => {
              setText(event.target.value)
              setAt(0)
            }}
            onKeyDown={press}
          />
          <div className={css.list} id={`${id}-list`} role="listbox" aria-label="Found" ref={list}>
            {found.map((target, place) => (
              <Fragment key={`${target.group} ${target.label} ${target.href ?? ''}`}>
                {target.group !== found[place - 1]?.group && (
                  <div role="presentation" className={css.group}>
                    {target.group}
                  </div>
                )}
                {/* biome-ignore lint/a11y/useKeyWithClickEvents: keys are read by the field, which keeps the focus. */}
                {/* biome-ignore lint/a11y/useFocusableInteractive: the field points at the chosen one. */}
                <div
                  id={`${id}-${place}`}
                  role="option"
                  aria-selected={place === chosen}
                  className={css.target}
                  onClick={() => choose(target)}
                  onPointerMove={() => place !== chosen && setAt(place)}
                >
                  <span>{target.label}</span>
                  {target.hint && <small>{target.hint}</small>}
                </div>
              </Fragment>
            ))}
          </div>
          <p className={css.none} role="status">
            {found.length === 0 && (looking ? 'Looking for a message…' : 'Nothing is called that.')}
          </p>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}

/** All that there is for this person. */
function useTargets(text: string, shortcuts: () => void): Target[] {
  const router = useRouter()
  const account = useQuery(accountQuery).data
  const partner = useQuery({ ...partnerQuery, enabled: !!account }).data
  const workspaces = useQuery({ ...workspacesQuery, enabled: !!account }).data ?? []
  const remembered = workspaceOf(router.state.location.pathname)
  const current = workspaces.find(({ slug }) => slug === remembered)
  // A pasted key or id may belong to any of the workspaces.
  const searched = pasted(text) ? workspaces : current ? [current] : []
  const sources = useQueries({ queries: searched.map(({ slug }) => sourcesQuery(slug)) })
  const destinations = useQueries({ queries: searched.map(({ slug }) => destinationsQuery(slug)) })
  const integrations =
    useQuery({
      queryKey: ['portal', 'palette', 'integrations'],
      staleTime: 30_000,
      enabled: !!partner,
      queryFn: async () => (await read(api.GET('/integrations'))).integrations,
    }).data ?? []

  const targets: Target[] = []
  const add = (group: string, label: string, href: string, hint?: string, also?: string[]) =>
    targets.push({ group, label, href, hint, also })
  if (current) {
    const base = `/w/${current.slug}`
    add(current.name, 'Overview', base)
    add(current.name, 'Sources', `${base}/sources`)
    add(current.name, 'Destinations', `${base}/destinations`)
    add(current.name, 'Delivery', `${base}/delivery`)
    add(current.name, 'Alerts', `${base}/alerts`, 'who is told when deliveries fail')
    add(current.name, 'Catalog', `${base}/catalog`, 'add a source or a destination')
    add(current.name, 'Settings', `${base}/settings/general`)
    add(current.name, 'Members', `${base}/settings/members`)
    add(current.name, 'Tokens', `${base}/settings/tokens`)
    add(current.name, 'Labels', `${base}/settings/labels`)
    add(current.name, 'Audit trail', `${base}/settings/audit`)
  }
  for (const [place, { slug, name }] of searched.entries()) {
    for (const source of sources[place]?.data ?? []) {
      const also = [source.id, ...source.writeKeys]
      add(
        'Sources',
        source.name,
        `/w/${slug}/sources/${source.slug}/overview`,
        `${name} / ${source.slug}`,
        also,
      )
    }
    for (const destination of destinations[place]?.data ?? []) {
      add(
        'Destinations',
        destination.name,
        `/w/${slug}/destinations/${destination.id}/overview`,
        `${name} / ${destination.metadata.name}`,
        [destination.id],
      )
    }
  }
  for (const { id, slug, name } of workspaces) add('Workspaces', name, `/w/${slug}`, slug, [id])
  if (partner) {
    add('Developer Portal', 'Integrations', '/dev-portal/integrations', partner.name)
    add('Developer Portal', 'Team', '/dev-portal/team', partner.name)
    add('Developer Portal', 'Portal audit trail', '/dev-portal/audit', partner.name)
    for (const { id, slug, name } of integrations) {
      add('Integrations', name, `/dev-portal/integrations/${slug}/overview`, slug, [id])
    }
  }
  if (account?.operator) {
    add('Operations', 'Applications', '/platform/applications')
    add('Operations', 'Reviews', '/platform/reviews')
    add('Operations', 'Catalog management', '/platform/catalog')
    add('Operations', 'Mails', '/platform/mails')
    add('Operations', 'Accounts', '/platform/accounts')
    add('Operations', 'Platform audit', '/platform/audit')
    add('Operations', 'System', '/platform/system', 'throughput, lag, disk')
  }
  add('Account', 'Profile', '/account')
  add('Account', 'Security', '/account/security', 'password, second factor')
  add('Account', 'Sessions', '/account/sessions')
  add('Account', 'Personal tokens', '/account/tokens')
  add('Public', 'Catalog of sources', '/catalog')
  add('Public', 'The Spec', '/docs/spec', 'rules and events')
  add('Public', 'Partner programme', '/partners')
  const act = (label: string, run: () => void, hint?: string) =>
    targets.push({ group: 'Actions', label, run, hint })
  if (partner) add('Actions', 'Build a source', '/dev-portal/integrations/new/source')
  add('Actions', 'New workspace', '/workspaces/new')
  act('Keyboard shortcuts', shortcuts, '?')
  act('Theme: light', () => chooseTheme('light'))
  act('Theme: dark', () => chooseTheme('dark'))
  act('Theme: as the system', () => chooseTheme('system'))
  act('API reference', () => location.assign('/api/docs'))
  return targets
}

/** A message of the current workspace, where what was pasted is its id and nothing else's. */
function useMessage(text: string, targets: Target[]): { message: Target[]; looking: boolean } {
  const router = useRouter()
  const ws = workspaceOf(router.state.location.pathname)
  const messageId = text.trim()
  const [quiet, setQuiet] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setQuiet(messageId), 300)
    return () => clearTimeout(timer)
  }, [messageId])
  const enabled = !!ws && pasted(messageId) && find(targets, messageId).length === 0
  const asked = useQuery({
    queryKey: ['w', ws, 'palette', 'message', quiet],
    enabled: enabled && quiet === messageId,
    staleTime: 30_000,
    queryFn: async () => {
      const header = inWorkspace(ws!)
      const { sources } = await read(
        api.GET('/sources', { params: { header, query: { 'pagination.count': 1000 } } }),
      )
      const where = await Promise.all(
        sources.map(async (source) => {
          try {
            const path = { sourceId: source.id, messageId: quiet }
            await read(api.GET('/sources/{sourceId}/trace/{messageId}', { params: { path, header } }))
            return [source]
          } catch (error) {
            if (error instanceof ApiFailure && error.status === 404) return []
            throw error
          }
        }),
      )
      return where.flat()
    },
  })
  const message = (enabled ? (asked.data ?? []) : []).map(
    ({ slug, name }): Target => ({
      group: 'Messages',
      label: messageId,
      hint: name,
      href: `/w/${ws}/sources/${slug}/debugger?q=${encodeURIComponent(`id:${messageId}`)}`,
    }),
  )
  return { message, looking: enabled && (quiet !== messageId || asked.isFetching) }
}
