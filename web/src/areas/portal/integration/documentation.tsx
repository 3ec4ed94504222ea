import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { sentence, TextArea } from '../../../kit/fields'
import { Body, Caption, Note, Panel, Prose, useTitle } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { toast } from '../../../kit/toast'
import { completenessQuery, type Info, integrationKey, integrationQuery, previewQuery } from '../data'
import { editable } from '../fields'
import { useFocusedField } from '../place-link'
import css from '../portal.module.css'
import { SECTIONS } from './choices'
import { faultAt, useDraft } from './draft-context'

type Key = (typeof SECTIONS)[number]['key']

/** The documentation, section by section. */
export function Documentation() {
  const { slug } = getRouteApi('/dev-portal/integrations/$slug').useParams()
  useTitle('Documentation', slug)
  useFocusedField()
  const client = useQueryClient()
  const { integration } = useQuery(integrationQuery(slug)).data!
  const { info, faults, change } = useDraft()
  const preview = useQuery({ ...previewQuery(slug), placeholderData: (before) => before }).data
  const findings = useQuery(completenessQuery(slug)).data?.documentation ?? []
  const [busy, setBusy] = useState(false)
  const frozen = !editable(integration.status)
  const docs = info.docs ?? {}
  const empty = SECTIONS.filter(({ key }) => !docs[key])
  const set = (part: Partial<Record<Key, string | null>>) =>
    change({ docs: { ...docs, ...part } as Info['docs'] })
  const fill = async (keys: Key[]) => {
    setBusy(true)
    try {
      const { docs: template } = await client.fetchQuery({
        queryKey: integrationKey(slug, 'docs-template'),
        staleTime: 0,
        queryFn: () =>
          read(
            api.GET('/integrations/{integrationId}/docs-template', {
              params: { path: { integrationId: slug } },
            }),
          ),
      })
      const parts = keys.filter((key) => template[key]).map((key) => [key, template[key]] as const)
      if (parts.length === 0)
        toast('The template has nothing for it yet: declare events first', { bad: true })
      else set(Object.fromEntries(parts))
    } catch (error) {
      toastRefusal(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Body>
      {empty.length > 0 && !frozen && (
        <Note>
          <span>
            The template fills in what can be said from the name and the declared events. What stands in
            [brackets] is yours to write.
          </span>
          <Button small busy={busy} onClick={() => void fill(empty.map(({ key }) => key))}>
            {empty.length === SECTIONS.length ? 'Begin with the template' : 'Fill the empty sections'}
          </Button>
        </Note>
      )}
      {SECTIONS.map(({ key, title, hint }) => {
        const pointer = `/docs/${key}`
        const error = faultAt(faults, pointer)
        const about = findings.filter((finding) => finding.pointer === pointer)
        const html = preview?.sections.find((section) => section.key === key)?.html
        return (
          <section key={key} className={css.documents} aria-label={title} data-field={pointer}>
            <div className={css.group}>
              <TextArea
                label={title}
                mono
                rows={9}
                hint={hint}
                disabled={frozen}
                error={error && sentence(error)}
                count={{ text: docs[key] ?? '', most: 20_000 }}
                value={docs[key] ?? ''}
                onChange={(event) => set({ [key]: event.target.value })}
              />
              {about.length > 0 && (
                <ul className={css.findings}>
                  {about.map((finding) => (
                    <li key={finding.what}>
                      {finding.weight === 'missing' ? (
                        <Badge tone="bad" glyph="✕">
                          missing
                        </Badge>
                      ) : (
                        <Badge tone="warn" glyph="!">
                          hint
                        </Badge>
                      )}{' '}
                      <b>{sentence(finding.what.replace(/^missing: /, ''))}</b>{' '}
                      {finding.fix !== hint && sentence(finding.fix)}
                    </li>
                  ))}
                </ul>
              )}
              {!docs[key] && !frozen && (
                <div>
                  <Button small busy={busy} onClick={() => void fill([key])}>
                    Fill from the template
                  </Button>
                </div>
              )}
            </div>
            <div className={css.group}>
              <Caption>{title.toLowerCase()}, as it will read</Caption>
              <Panel>
                {html ? <Prose html={html} /> : <p className={css.meta}>This section is left out.</p>}
              </Panel>
            </div>
          </section>
        )
      })}
    </Body>
  )
}
