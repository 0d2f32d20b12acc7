// A file that was dropped on one page and belongs to another: a page can only hand it on through the browser's own storage.

const DATABASE = "sgdscope";
const STORE = "hand-over";
const KEY = "file";
/** What the address of the page says that a file waits for; a page without it never opens the storage. */
const SIGN = "#opened";

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser's storage failed"));
  });

async function inStore<T>(work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await settled(opening);
  try {
    const transaction = database.transaction(STORE, "readwrite");
    const complete = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("the browser's storage failed"));
    });
    const [result] = await Promise.all([settled(work(transaction.objectStore(STORE))), complete]);
    return result;
  } finally {
    database.close();
  }
}

/**
 * Leaves this page for `page`, which opens the file.
 *
 * @throws What the browser's storage does not like, such as a full disk; this page stays then.
 */
export async function handOver(file: File, page: string): Promise<void> {
  await inStore((store) => store.put(file, KEY));
  location.assign(`${page}${SIGN}`);
}

/**
 * The file that another page handed to this one, once; undefined where none did.
 *
 * @throws Error where one should be there and is not.
 */
export async function handedOver(): Promise<File | undefined> {
  if (location.hash !== SIGN) return undefined;
  history.replaceState(null, "", location.pathname + location.search);
  const file: unknown = await inStore((store) => store.get(KEY) as IDBRequest<unknown>);
  await inStore((store) => store.delete(KEY));
  if (file instanceof File) return file;
  throw new Error("the file that was dropped on another page did not arrive; drop it here.");
}
