/* The kiosk: what one person typed or found is gone when he walks away, also by the back button.

   data-kiosk-idle="180"   seconds without a key or a touch after which the machine goes back to its first page (data-home) */

const held = document.querySelector("[data-kiosk-idle]");

if (held) {
  const leave = () => window.location.replace(held.dataset.home);
  let timer = 0;
  const wait = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(leave, Number(held.dataset.kioskIdle) * 1000);
  };
  for (const kind of ["keydown", "pointerdown"]) document.addEventListener(kind, wait);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) leave();
  });
  wait();
}
