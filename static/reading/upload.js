/**
 * Owns how a large picture is sent: how much of it has gone is told on the way, and a line on which it would take too long is
 * given up early. Loaded with the first large picture.
 */

const LOOK = 1000; // milliseconds between two looks at a line
const MIN_LOOKS = 4; // before a line is called too slow
const MAX_SENDING = 20_000; // milliseconds a picture may take on its way: the server waits for half as long again

/**
 * Send a request as fetch() does.
 * @param {string} address
 * @param {RequestInit} options
 * @param {(share: number) => void} progress told how much has gone, 0 to 1
 * @returns {Promise<Response>}
 * @throws {DOMException} TimeoutError where the line is too slow, AbortError where the request was aborted
 */
export function upload(address, { method = 'POST', body, headers, signal }, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let share = 0;
    let looks = 0;
    const watch = setInterval(() => {
      looks += 1;
      if (share < 1 && looks >= MIN_LOOKS && looks * LOOK > MAX_SENDING * share) {
        end(new DOMException('The line is too slow.', 'TimeoutError'));
      }
    }, LOOK);

    /** @param {unknown} reason */
    function end(reason) {
      clearInterval(watch);
      reject(reason);
      request.abort();
    }

    request.open(method, address);
    for (const [name, value] of Object.entries(headers ?? {})) request.setRequestHeader(name, value);
    request.responseType = 'blob';
    request.upload.addEventListener('progress', ({ loaded, total }) => {
      share = loaded / total;
      progress(share);
    });
    request.addEventListener('load', () => {
      clearInterval(watch);
      resolve(new Response(request.response, { status: request.status }));
    });
    request.addEventListener('error', () => end(new TypeError('The connection failed.')));
    signal?.addEventListener('abort', () => end(signal.reason));
    request.send(/** @type {Blob} */ (body));
  });
}
